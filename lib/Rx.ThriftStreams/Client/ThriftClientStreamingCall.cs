using Microsoft.Extensions.Logging;
using Rx.ThriftStreams.Client;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams;

/// <summary>An open client-streaming call: sends any number of requests, and receives one response.</summary>
/// <typeparam name="TRequest">The type of a request.</typeparam>
/// <typeparam name="TResponse">The type of the response.</typeparam>
public sealed class ThriftClientStreamingCall<TRequest, TResponse> : ThriftCall
    where TRequest : class, IThriftStruct<TRequest>
    where TResponse : class, IThriftStruct<TResponse>
{
    private readonly ClientCall<TRequest, TResponse> _call;
    private readonly Lock _responseGate = new();
    private Task<TResponse>? _response;

    internal ThriftClientStreamingCall(ClientCall<TRequest, TResponse> call, ILogger logger)
        : base(call, logger) => _call = call;

    /// <inheritdoc cref="ThriftDuplexStreamingCall{TRequest, TResponse}.SendAsync"/>
    public ValueTask SendAsync(TRequest request, CancellationToken cancellationToken = default) => _call.Requests.SendAsync(request, cancellationToken);

    /// <inheritdoc cref="ThriftDuplexStreamingCall{TRequest, TResponse}.CompleteAsync"/>
    public Task CompleteAsync(CancellationToken cancellationToken = default) => _call.Requests.CompleteAsync().WaitAsync(cancellationToken);

    /// <summary>Ends the requests, like <see cref="CompleteAsync"/>, and waits for the response.</summary>
    /// <inheritdoc cref="GetResponseAsync"/>
    public async Task<TResponse> CompleteAndReceiveAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            await CompleteAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ThriftException)
        {
            // The server ended the call before the requests were complete: the response or the error has arrived.
        }

        return await GetResponseAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Waits for the response without ending the requests: a server may answer early.</summary>
    /// <param name="cancellationToken">Stops waiting; the call continues.</param>
    /// <returns>The response; the same every time.</returns>
    /// <exception cref="ThriftException">The call failed.</exception>
    /// <exception cref="OperationCanceledException">This token or that of the call was cancelled.</exception>
    public Task<TResponse> GetResponseAsync(CancellationToken cancellationToken = default)
    {
        lock (_responseGate)
        {
            _response ??= ReceiveAsync();
        }

        return _response.WaitAsync(cancellationToken);
    }

    private async Task<TResponse> ReceiveAsync()
    {
        // A response that is already available must not be received under the lock.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        return await _call.Responses.ReceiveSingleAsync().ConfigureAwait(false);
    }
}
