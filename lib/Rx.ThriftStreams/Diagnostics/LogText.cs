using Rx.ThriftStreams.Primitives;

namespace Rx.ThriftStreams.Diagnostics;

/// <summary>Sanitizes a peer's text for the log.</summary>
internal static class LogText
{
    private const int MaxLength = 1024;

    /// <summary>The text with control characters as <c>\uXXXX</c>, truncated to 1,024 characters.</summary>
    internal static string Escape(string text) => PeerText.Escape(text, MaxLength);
}
