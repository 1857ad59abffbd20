namespace Rx.ThriftStreams.AspNetCore;

/// <summary>Handles calls of services and methods that the server does not have: bytes in, bytes out. See <c>MapThriftFallback</c>.</summary>
/// <param name="context">
/// The call. Its method has the names that the caller sent; the service is <c>*</c> if the caller sent none. The mode is <c>PingPong</c> for a ping-pong call and <c>Bidirectional</c> for a
/// stream: the transport does not say how many messages follow. Headers, metainfo, deadline and cancellation are those of any call.
/// </param>
/// <param name="requests">The requests: one for a ping-pong call. Can be enumerated once.</param>
/// <param name="cancellationToken">The call's token.</param>
/// <returns>
/// The responses: exactly one for a ping-pong call, none for a oneway call. Exceptions end the call like those of any handler: a <see cref="ThriftStatusException"/> or
/// <see cref="ThriftBizStatusException"/> of another server reaches the caller as it is.
/// </returns>
public delegate IAsyncEnumerable<ThriftRawMessage> ThriftRawHandler(
    ThriftServerContext context,
    IAsyncEnumerable<ThriftRawMessage> requests,
    CancellationToken cancellationToken);
