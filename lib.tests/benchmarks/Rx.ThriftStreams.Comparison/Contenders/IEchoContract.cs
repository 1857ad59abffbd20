using ProtoBuf.Grpc;
using ProtoBuf.Grpc.Configuration;

namespace Rx.ThriftStreams.Comparison.Contenders;

/// <summary>The service, code first.</summary>
[Service]
public interface IEchoContract
{
    ValueTask<EchoMessage> UnaryAsync(EchoMessage message, CallContext context = default);

    IAsyncEnumerable<EchoMessage> ServerAsync(EchoMessage message, CallContext context = default);

    ValueTask<EchoMessage> ClientAsync(IAsyncEnumerable<EchoMessage> messages, CallContext context = default);

    IAsyncEnumerable<EchoMessage> BidirectionalAsync(IAsyncEnumerable<EchoMessage> messages, CallContext context = default);
}
