namespace Rx.ThriftStreams.Options;

/// <summary>The names that users see of transports.</summary>
internal static class ThriftTransportNames
{
    internal const string Memory = "memory";

    internal static string Of(ThriftTransport transport) => transport switch
    {
        ThriftTransport.Grpc => "grpc",
        ThriftTransport.TTHeaderStreaming => "ttheader-streaming",
        ThriftTransport.TTHeader => "ttheader",
        ThriftTransport.TTHeaderFramed => "ttheaderframed",
        ThriftTransport.Framed => "framed",
        ThriftTransport.Buffered => "buffered",
        _ => transport.ToString(),
    };
}
