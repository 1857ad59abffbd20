using System.Diagnostics;
using Rx.ThriftStreams.Client;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams;

/// <summary>A client stream that has been opened: requests go out one by one, and one response comes at the end.</summary>
/// <typeparam name="TRequest">The type of a request.</typeparam>
/// <typeparam name="TResponse">The type of the response.</typeparam>
/// <remarks>Thread-safe. Disposing it before its end cancels the call.</remarks>
[DebuggerDisplay("{Method} {Status}")]
public sealed class ThriftClientStream<TRequest, TResponse> : IAsyncDisposable
    where TRequest : class, IThriftStruct<TRequest>
    where TResponse : class, IThriftStruct<TResponse>
{
    private readonly ThriftCallState<TRequest, TResponse> _state;
    private readonly Lock _responseGate = new();
    private Task<TResponse>? _response;

    internal ThriftClientStream(ThriftCallState<TRequest, TResponse> state) => _state = state;

    /// <inheritdoc cref="ThriftStream{TResponse}.Method"/>
    public ThriftMethod Method => _state.Method;

    /// <inheritdoc cref="ThriftStream{TResponse}.Peer"/>
    public string Peer => _state.Peer;

    /// <inheritdoc cref="ThriftStream{TResponse}.Status"/>
    public ThriftStatus? Status => _state.Status;

    /// <inheritdoc cref="ThriftStream{TResponse}.Trailers"/>
    public ThriftMetadata Trailers => _state.Trailers;

    /// <inheritdoc cref="ThriftStream{TResponse}.GetHeadersAsync"/>
    public Task<ThriftMetadata> GetHeadersAsync(CancellationToken cancellationToken = default) => _state.GetHeadersAsync(cancellationToken);

    /// <inheritdoc cref="ThriftDuplexStream{TRequest, TResponse}.SendAsync"/>
    public ValueTask SendAsync(TRequest request, CancellationToken cancellationToken = default) => _state.Call.SendAsync(request, cancellationToken);

    /// <inheritdoc cref="ThriftDuplexStream{TRequest, TResponse}.CompleteAsync"/>
    public Task CompleteAsync() => _state.Call.CompleteAsync();

    /// <summary>Ends the requests, as <see cref="CompleteAsync"/>, and waits for the response.</summary>
    /// <returns>The response; the same on every call.</returns>
    /// <exception cref="ThriftException">The call ended otherwise.</exception>
    /// <exception cref="OperationCanceledException">The token of the call was cancelled.</exception>
    public async Task<TResponse> CompleteAndReceiveAsync()
    {
        try
        {
            await CompleteAsync().ConfigureAwait(false);
        }
        catch (ThriftException)
        {
            // The server ended the call before the requests were complete: the response, or the error, is there.
        }

        return await GetResponseAsync().ConfigureAwait(false);
    }

    /// <summary>Waits for the response without ending the requests: a server may answer before.</summary>
    /// <inheritdoc cref="CompleteAndReceiveAsync"/>
    public Task<TResponse> GetResponseAsync()
    {
        lock (_responseGate)
        {
            return _response ??= ReceiveAsync();
        }
    }

    /// <inheritdoc cref="ThriftStream{TResponse}.Finish"/>
    public void Finish() => _state.Finish();

    /// <inheritdoc cref="ThriftStream{TResponse}.DisposeAsync"/>
    public ValueTask DisposeAsync() => _state.DisposeAsync();

    private async Task<TResponse> ReceiveAsync()
    {
        await Task.Yield();
        return await _state.Call.ReceiveSingleAsync().ConfigureAwait(false);
    }
}
