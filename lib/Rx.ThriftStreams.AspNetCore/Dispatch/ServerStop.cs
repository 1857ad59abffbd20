using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.AspNetCore.Dispatch;

/// <summary>The words of a server, or a connection, that ends.</summary>
internal static class ServerStop
{
    /// <summary>Why calls are cut off: on every transport the same error, with Kitex's number of TTHeader Streaming.</summary>
    internal static ThriftException Reason() => new ThriftStatusException(ThriftStatusCode.Unavailable, "graceful shutdown: the server did not wait for the call any longer")
    {
        Kitex = OfStream(),
    };

    /// <summary>Why a call ends whose handler did not wait for that.</summary>
    /// <param name="isStream">Whether it is a stream, which has Kitex's number over TTHeader Streaming.</param>
    /// <param name="cause">What the handler threw.</param>
    internal static ThriftException HandlerLeft(bool isStream, Exception cause) => new ThriftStatusException(ThriftStatusCode.Unavailable, "graceful shutdown: the handler ended the call", cause)
    {
        Kitex = isStream ? OfStream() : null,
    };

    /// <summary>What a stream that comes too late is answered over TTHeader Streaming.</summary>
    internal static KitexAnswer Refusal { get; } = new(TTStreamCodes.TransportClosing, ClosingText, ThriftStatusCode.Unavailable);

    private static ThriftKitexError OfStream() => new(TTStreamCodes.TransportClosing, ClosingText) { IsStream = true, IsServerSide = true };

    private const string ClosingText = "transport is closing: the server shuts down";
}
