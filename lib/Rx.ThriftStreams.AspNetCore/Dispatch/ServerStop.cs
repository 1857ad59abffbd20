using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.AspNetCore.Dispatch;

/// <summary>The words of a server, or a connection, that ends.</summary>
internal static class ServerStop
{
    /// <summary>Why calls are cut off: on every transport the same error, with Kitex's number of TTHeader Streaming.</summary>
    internal static ThriftException Reason() => new ThriftStatusException(ThriftStatusCode.Unavailable, "graceful shutdown: the server did not wait for the call any longer")
    {
        Kitex = new(TTStreamCodes.TransportClosing, ClosingText) { IsStream = true, IsServerSide = true },
    };

    /// <summary>What a stream that comes too late is answered over TTHeader Streaming.</summary>
    internal static KitexAnswer Refusal { get; } = new(TTStreamCodes.TransportClosing, ClosingText, ThriftStatusCode.Unavailable);

    private const string ClosingText = "transport is closing: the server shuts down";
}
