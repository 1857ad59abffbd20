using System.Buffers;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Wire;

/// <summary>
/// How a ping-pong message is laid out: its envelope and the struct in it. A transport chooses one for each call; the first bytes of a message name the one it has.
/// Kitex speaks <see cref="StrictBinary"/> alone, the others are for peers of Apache Thrift.
/// </summary>
internal abstract class MessageCodec
{
    /// <summary>How many first bytes of a message <see cref="Of(ReadOnlySpan{byte})"/> and <see cref="StartsApacheMessage"/> look at.</summary>
    internal const int NeededBytes = 5;

    internal static MessageCodec StrictBinary { get; } = new StrictBinaryCodec();

    /// <summary>Binary without a version in front, as old Apache peers write it.</summary>
    internal static MessageCodec OldBinary { get; } = new OldBinaryCodec();

    internal static MessageCodec Compact { get; } = new CompactCodec();

    internal static MessageCodec Json { get; } = new JsonCodec();

    /// <summary>How the struct is laid out.</summary>
    internal abstract ThriftProtocol Protocol { get; }

    /// <summary>Appends an envelope; the struct and <see cref="WriteEnd"/> must follow.</summary>
    internal abstract void WriteEnvelope(ThriftWriteBuffer output, ThriftMessageType type, string method, int sequenceId);

    /// <summary>Appends what follows the struct.</summary>
    internal virtual void WriteEnd(ThriftWriteBuffer output)
    {
    }

    /// <summary>Reads the envelope of a message; its end may be missing.</summary>
    /// <param name="message">The message, without a frame's length.</param>
    /// <param name="body">Its struct, and what follows that.</param>
    /// <exception cref="ThriftProtocolException">The bytes are not an envelope.</exception>
    internal abstract ThriftMessageEnvelope ReadEnvelope(in ReadOnlySequence<byte> message, out ReadOnlySequence<byte> body);

    /// <summary>Creates what finds the end of a message that has no length in front.</summary>
    internal abstract MessageScanner CreateScanner(long maxMessageSize);

    /// <summary>The codec that a channel's settings select.</summary>
    internal static MessageCodec For(ThriftPingPongOptions options) => options.Protocol switch
    {
        ThriftProtocol.Compact => Compact,
        ThriftProtocol.Json => Json,
        _ => options.StrictBinary ? StrictBinary : OldBinary,
    };

    /// <summary>The codec of a message; <see cref="StrictBinary"/>, which names the fault, if the bytes begin no message.</summary>
    /// <param name="start">The message's first bytes, <see cref="NeededBytes"/> if it has as many.</param>
    internal static MessageCodec Of(ReadOnlySpan<byte> start) => start switch
    {
        [CompactCodec.ProtocolId, ..] => Compact,
        [JsonCodec.First, ..] => Json,
        [0, 0, ..] => OldBinary,
        _ => StrictBinary,
    };

    /// <inheritdoc cref="Of(ReadOnlySpan{byte})"/>
    internal static MessageCodec Of(in ReadOnlySequence<byte> message)
    {
        if (message.FirstSpan.Length >= NeededBytes)
        {
            return Of(message.FirstSpan);
        }

        Span<byte> start = stackalloc byte[NeededBytes];
        var length = (int)Math.Min(message.Length, NeededBytes);
        message.Slice(0, length).CopyTo(start);
        return Of(start[..length]);
    }

    /// <summary>Whether bytes begin a message other than of <see cref="StrictBinary"/>.</summary>
    /// <param name="start">At least <see cref="NeededBytes"/>; of <see cref="Compact"/>, whose messages may be short, two will do.</param>
    internal static bool StartsApacheMessage(ReadOnlySpan<byte> start) => start switch
    {
        [CompactCodec.ProtocolId, var version, ..] => (version & CompactCodec.VersionMask) == CompactCodec.Version,
        [JsonCodec.First, (byte)'1', (byte)',', ..] => true,

        // A name of 1 to 65 535 bytes. A frame's length looks like a name's, but no message begins with a letter.
        [0, 0, var high, var low, var first, ..] => (high | low) != 0 && (char.IsAsciiLetter((char)first) || first == '_'),
        _ => false,
    };
}
