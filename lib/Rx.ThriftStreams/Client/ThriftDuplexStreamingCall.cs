using Microsoft.Extensions.Logging;
using Rx.ThriftStreams.Client;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams;

/// <summary>An open bidirectional call: sends requests and receives responses independently.</summary>
/// <typeparam name="TRequest">The type of a request.</typeparam>
/// <typeparam name="TResponse">The type of a response.</typeparam>
/// <remarks>
/// Concurrent sends go out in the order of their calls. A receive may run concurrently with sends. Leaving the enumeration before its end cancels the call.
/// </remarks>
public sealed class ThriftDuplexStreamingCall<TRequest, TResponse> : ThriftCall, IAsyncEnumerable<TResponse>
    where TRequest : class, IThriftStruct<TRequest>
    where TResponse : class, IThriftStruct<TResponse>
{
    private readonly ClientCall<TRequest, TResponse> _call;

    internal ThriftDuplexStreamingCall(ClientCall<TRequest, TResponse> call, ILogger logger)
        : base(call, logger) => _call = call;

    /// <summary>Sends a request.</summary>
    /// <param name="request">The request. It is encoded when its turn comes; do not change it before the send completes.</param>
    /// <param name="cancellationToken">
    /// Stops waiting; the call continues. A request that is still waiting for its turn is then not sent; one that the transport has accepted is.
    /// </param>
    /// <returns>Completes when the transport has accepted the request and has room for another, which does not mean that the server has received it.</returns>
    /// <exception cref="InvalidOperationException"><see cref="CompleteAsync"/> was called.</exception>
    /// <exception cref="ThriftException">The call has ended or cannot continue.</exception>
    /// <exception cref="OperationCanceledException">This token or that of the call was cancelled.</exception>
    public ValueTask SendAsync(TRequest request, CancellationToken cancellationToken = default) => _call.Requests.SendAsync(request, cancellationToken);

    /// <summary>Ends the requests, after all that were sent (half-close). Idempotent. Responses continue.</summary>
    /// <param name="cancellationToken">Stops waiting; the requests end nevertheless.</param>
    /// <returns>Completes when the transport has accepted the end.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public Task CompleteAsync(CancellationToken cancellationToken = default) => _call.Requests.CompleteAsync().WaitAsync(cancellationToken);

    /// <summary>Enumerates the responses. Can be called once.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="InvalidOperationException">The responses are being, or have been, enumerated.</exception>
    public IAsyncEnumerator<TResponse> GetAsyncEnumerator(CancellationToken cancellationToken = default) => _call.Responses.Enumerate(this, cancellationToken);
}
