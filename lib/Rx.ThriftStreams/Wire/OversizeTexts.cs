using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Wire;

/// <summary>
/// Recognizes the texts with which servers refuse a request that is too large. The status, <see cref="ThriftStatusCode.ResourceExhausted"/>, is also that of calls over a rate: only the text
/// distinguishes the two.
/// </summary>
internal static class OversizeTexts
{
    private static readonly string[] s_marks =
    [
        // This library: the size of a message, of a decompressed one, and a message over HTTP.
        MessageLimits.ServerAllows,
        "ThriftServerOptions.Limits.MaxDecompressionRatio is ",
        "The server answered with HTTP status 413 ",

        // Kitex over TTHeader, which this library uses for ping-pong as well; and Kitex over gRPC, as grpc-go.
        " larger than the limit(",
        "received message larger than max ",
        "received message after decompression larger than max ",
    ];

    /// <summary>Whether the server that was called refused an answer of another one.</summary>
    internal static bool IsOfAnswer(string text)
        => text.Contains(MessageLimits.ChannelAllows, StringComparison.Ordinal) || text.Contains("ThriftChannelOptions.Limits.MaxDecompressionRatio is ", StringComparison.Ordinal);

    internal static bool Matches(string text) => Array.Exists(s_marks, mark => text.Contains(mark, StringComparison.Ordinal));
}
