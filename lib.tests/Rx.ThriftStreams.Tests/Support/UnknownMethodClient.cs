using Rx.ThriftStreams.Contracts;
using Twin;

namespace Rx.ThriftStreams.Tests.Support;

/// <summary>Calls a method that the server does not have.</summary>
internal sealed class UnknownMethodClient(ThriftChannel channel, string service, string method)
{
    private readonly ThriftInvoker _invoker = new(channel);

    internal Task<Empty> CallAsync(CancellationToken cancellationToken)
        => _invoker.CallAsync(new ThriftMethod<Empty, Empty>(string.Empty, service, method, ThriftStreamingMode.PingPong), new Empty(), cancellationToken: cancellationToken);
}
