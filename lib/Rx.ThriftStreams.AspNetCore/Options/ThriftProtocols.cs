namespace Rx.ThriftStreams.AspNetCore;

/// <summary>Protocols that a port speaks, or over which a service is served.</summary>
[Flags]
public enum ThriftProtocols
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>gRPC over HTTP/2.</summary>
    Grpc = 1,

    /// <summary>Streams over TTHeader.</summary>
    TTHeaderStreaming = 2,

    /// <summary>Ping-pong calls with a TTHeader, framed or not.</summary>
    TTHeader = 4,

    /// <summary>Ping-pong calls whose length precedes them, with a mesh header or without.</summary>
    Framed = 8,

    /// <summary>Ping-pong calls with nothing around them, or with a mesh header.</summary>
    Buffered = 16,

    /// <summary>Ping-pong calls over HTTP, as <c>MapThriftHttp</c> serves them. Ports that detect their protocol do not speak it.</summary>
    Http = 32,

    /// <summary>JSON over HTTP and WebSocket, as <c>MapThriftJson</c> of Rx.ThriftStreams.HttpJson serves it.</summary>
    HttpJson = 64,

    /// <summary>All of them.</summary>
    All = Grpc | TTHeaderStreaming | TTHeader | Framed | Buffered | Http | HttpJson,
}
