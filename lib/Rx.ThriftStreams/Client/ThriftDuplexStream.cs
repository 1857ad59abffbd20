using System.Diagnostics;
using Rx.ThriftStreams.Client;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams;

/// <summary>A bidirectional stream that has been opened: requests go out and responses come in, each at its own pace.</summary>
/// <typeparam name="TRequest">The type of a request.</typeparam>
/// <typeparam name="TResponse">The type of a response.</typeparam>
/// <remarks>
/// Sending is thread-safe: concurrent sends go out in the order of their calls. One receive at a time; it may run beside sends.
/// Leaving the enumeration or disposing the stream before its end cancels the call.
/// </remarks>
[DebuggerDisplay("{Method} {Status}")]
public sealed class ThriftDuplexStream<TRequest, TResponse> : IAsyncEnumerable<TResponse>, IAsyncDisposable
    where TRequest : class, IThriftStruct<TRequest>
    where TResponse : class, IThriftStruct<TResponse>
{
    private readonly ThriftCallState<TRequest, TResponse> _state;

    internal ThriftDuplexStream(ThriftCallState<TRequest, TResponse> state) => _state = state;

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

    /// <summary>Sends a request.</summary>
    /// <param name="request">The request. It is encoded before the call returns or waits for its turn's end; do not change it meanwhile.</param>
    /// <param name="cancellationToken">
    /// Stops waiting. While the request waits for its turn, it is not sent then; once the transport has it, it is. The call goes on.
    /// </param>
    /// <returns>Completes when the transport has taken the request and has room for another; not when the server has it.</returns>
    /// <exception cref="InvalidOperationException"><see cref="CompleteAsync"/> was called.</exception>
    /// <exception cref="ThriftException">The call has ended or cannot go on.</exception>
    public ValueTask SendAsync(TRequest request, CancellationToken cancellationToken = default) => _state.Call.SendAsync(request, cancellationToken);

    /// <summary>Ends the requests, after all that were sent (half-close). Idempotent. Responses go on.</summary>
    /// <returns>Completes when the transport has taken it.</returns>
    public Task CompleteAsync() => _state.Call.CompleteAsync();

    /// <summary>Enumerates the responses. Can be called once.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="InvalidOperationException">The responses are being enumerated, or were.</exception>
    public IAsyncEnumerator<TResponse> GetAsyncEnumerator(CancellationToken cancellationToken = default) => _state.GetEnumerator(cancellationToken);

    /// <summary>The responses, for places where <c>this</c> reads badly. The same as enumerating the stream.</summary>
    public IAsyncEnumerable<TResponse> ResponsesAsync() => this;

    /// <inheritdoc cref="ThriftStream{TResponse}.Finish"/>
    public void Finish() => _state.Finish();

    /// <inheritdoc cref="ThriftStream{TResponse}.DisposeAsync"/>
    public ValueTask DisposeAsync() => _state.DisposeAsync();
}
