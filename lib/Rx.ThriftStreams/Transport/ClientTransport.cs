using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Transport;

/// <summary>The client's side of a transport: its connections to one endpoint.</summary>
internal abstract class ClientTransport : IAsyncDisposable
{
    /// <summary>How long a channel that is disposed waits for what should still reach the peer, or for the peer to close.</summary>
    internal static readonly TimeSpan ClosingLimit = TimeSpan.FromSeconds(1);

    /// <summary>How long the answer to a oneway call is waited for, after the call has ended: it shows that the server has the message. Some servers send none.</summary>
    internal static readonly TimeSpan OnewayLimit = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Creates a stream: takes a connection and sends the request headers. Does not wait for the server: response headers may
    /// come only with the first message.
    /// </summary>
    /// <param name="method">The method to call.</param>
    /// <param name="start">What is sent with the request.</param>
    /// <param name="cancellationToken">Cancels creating the stream; has no effect on the stream afterwards.</param>
    /// <exception cref="ThriftConnectException">Connecting failed.</exception>
    internal abstract ValueTask<ClientTransportStream<TRequest, TResponse>> OpenAsync<TRequest, TResponse>(
        ThriftMethod<TRequest, TResponse> method,
        ClientCallStart start,
        CancellationToken cancellationToken)
        where TRequest : class, IThriftStruct<TRequest>
        where TResponse : class, IThriftStruct<TResponse>;

    /// <summary>Creates a stream if a connection is ready, without waiting.</summary>
    /// <param name="method">The method to call.</param>
    /// <param name="start">What is sent with the request.</param>
    /// <param name="evidence">How certain the transport must be that its connection is established.</param>
    /// <returns><see langword="null"/> if the stream must be created by <see cref="OpenAsync"/>.</returns>
    internal virtual ClientTransportStream<TRequest, TResponse>? TryOpen<TRequest, TResponse>(
        ThriftMethod<TRequest, TResponse> method,
        ClientCallStart start,
        ConnectionEvidence evidence)
        where TRequest : class, IThriftStruct<TRequest>
        where TResponse : class, IThriftStruct<TResponse>
        => null;

    /// <summary>Opens a connection and keeps it for the next stream, unless there is one.</summary>
    /// <param name="limit">The time that the caller allows.</param>
    /// <param name="cancellationToken">Cancels the attempt.</param>
    /// <exception cref="ThriftConnectException">Connecting failed.</exception>
    internal virtual ValueTask PrepareAsync(TimeSpan limit, CancellationToken cancellationToken) => default;

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();
}
