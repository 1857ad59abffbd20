using Rx.ThriftStreams.Contracts;
using Twin;

namespace Rx.ThriftStreams.Tests.PingPong;

/// <summary>Calls a method that the server does not have.</summary>
internal sealed class UnknownMethodClient(ThriftChannel channel, string service, string method) : ThriftClient(channel)
{
    internal Task<bool> CallAsync(CancellationToken cancellationToken) => CallAsync(
        new ThriftMethod<Empty, Empty>(string.Empty, service, method, StreamingMode.PingPong), new Empty(), static _ => true, default, cancellationToken);
}
