using Rx.ThriftStreams.Transport;
using Rx.ThriftStreams.Transports.Grpc;
using Rx.ThriftStreams.Transports.PingPong;
using Rx.ThriftStreams.Transports.TTHeaderStreaming;

namespace Rx.ThriftStreams.Client;

/// <summary>Makes the transport of a kind to an endpoint.</summary>
internal static class ClientTransports
{
    internal static ClientTransport Create(ThriftTransport kind, string endpoint, bool useTls, ThriftChannelOptions options) => kind switch
    {
        ThriftTransport.Grpc => new GrpcTransport(endpoint, useTls, options),
        ThriftTransport.TTHeaderStreaming => new TTHeaderStreamingTransport(endpoint, useTls, options),
        _ => new PingPongTransport(kind, endpoint, useTls, options),
    };
}
