using System.Buffers.Text;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Transports.TTHeaderStreaming;

/// <summary>The string pairs that peers of this library add. Others ignore them. See docs/flow-control.md.</summary>
internal static class FlowControlKeys
{
    /// <summary>In a client's HEADER and a server's META: the bytes that the receiver accepts on a stream before it grants more.</summary>
    internal static ReadOnlySpan<byte> Window => "rx-window"u8;

    /// <summary>In META: more bytes for this stream.</summary>
    internal static ReadOnlySpan<byte> Credit => "rx-credit"u8;

    /// <summary>In a client's HEADER: the time that it allows for the call, in milliseconds.</summary>
    internal static ReadOnlySpan<byte> Timeout => "rx-timeout"u8;

    /// <summary>Whether a key is one of these, which users neither send nor see.</summary>
    internal static bool IsOne(ReadOnlySpan<byte> key) => key.SequenceEqual(Window) || key.SequenceEqual(Credit) || key.SequenceEqual(Timeout) || key.SequenceEqual(TTHeaderStringKeys.Status);

    /// <summary>A positive decimal number.</summary>
    internal static bool TryParse(ReadOnlySpan<byte> text, out int value)
        => Utf8Parser.TryParse(text, out value, out var used) && used == text.Length && value > 0;
}
