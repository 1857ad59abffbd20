using System.Buffers;
using System.Buffers.Text;

namespace Rx.ThriftStreams.Wire;

/// <summary>
/// A received frame, read in place without copying. Valid until the reader that returned it reads again or the
/// buffer it was read from is released.
/// </summary>
internal readonly ref struct TTHeaderFrame
{
    private readonly ReadOnlySpan<byte> _info;
    private readonly ref readonly TTHeaderInfo _parsed;

    public TTHeaderFrame(TTHeaderFlags flags, int sequenceId, ReadOnlySpan<byte> info, ref readonly TTHeaderInfo parsed, ReadOnlySequence<byte> payload)
    {
        Flags = flags;
        SequenceId = sequenceId;
        _info = info;
        _parsed = ref parsed;
        Payload = payload;
    }

    public TTHeaderFlags Flags { get; }

    /// <summary>Streaming: the stream's id. Ping-pong: the Thrift message's sequence id.</summary>
    public int SequenceId { get; }

    public ReadOnlySequence<byte> Payload { get; }

    public bool IsStreaming => (Flags & TTHeaderFlags.Streaming) != 0;

    public TTHeaderProtocolId ProtocolId => _parsed.ProtocolId;

    /// <summary>The whole header info, from the protocol id to the padding.</summary>
    public ReadOnlySpan<byte> Info => _info;

    public TTHeaderFrameType FrameType => _parsed.FrameType;

    /// <summary>The received value of key 27, for error messages; empty if the key is missing.</summary>
    public ReadOnlySpan<byte> FrameTypeText => Value(_parsed.FrameTypeText);

    /// <summary>Empty if the key is missing; so are the ones below.</summary>
    public ReadOnlySpan<byte> ToMethod => Value(_parsed.ToMethod);

    public ReadOnlySpan<byte> TransportType => Value(_parsed.TransportType);

    public ReadOnlySpan<byte> FromService => Value(_parsed.FromService);

    public ReadOnlySpan<byte> FromMethod => Value(_parsed.FromMethod);

    public ReadOnlySpan<byte> ToService => Value(_parsed.ToService);

    public ReadOnlySpan<byte> MessageType => Value(_parsed.MessageType);

    public bool HasAclToken => _parsed.AclToken.IsPresent;

    /// <summary>The ACL token; <see cref="StringPairs"/> contains it too, under its key.</summary>
    public ReadOnlySpan<byte> AclToken => Value(_parsed.AclToken);

    /// <summary>Whether there are any <see cref="StringPairs"/>; DATA frames have none.</summary>
    public bool HasStringPairs => _parsed.HasStringPairs;

    /// <summary>The string pairs in wire order, repeated keys repeated, the ACL token under <see cref="TTHeaderStringKeys.AclToken"/>.</summary>
    public HeaderStringPairs StringPairs => new(_info, _parsed.BlocksStart);

    /// <summary>The integer-keyed pairs in wire order.</summary>
    public HeaderIntPairs IntPairs => new(_info, _parsed.BlocksStart);

    /// <summary>The caller's timeout in milliseconds, if key 12 is present and is a positive number.</summary>
    public bool TryGetRpcTimeout(out int milliseconds)
    {
        ReadOnlySpan<byte> text = Value(_parsed.RpcTimeout);
        return Utf8Parser.TryParse(text, out milliseconds, out int used) && used == text.Length && milliseconds > 0;
    }

    /// <summary>Finds a string pair; of a repeated key the last one.</summary>
    public bool TryGetString(ReadOnlySpan<byte> key, out ReadOnlySpan<byte> value)
    {
        value = default;
        bool found = false;
        if (HasStringPairs)
        {
            foreach (HeaderStringPair pair in StringPairs)
            {
                if (pair.Key.SequenceEqual(key))
                {
                    value = pair.Value;
                    found = true;
                }
            }
        }

        return found;
    }

    /// <summary>Finds an integer-keyed pair; of a repeated key the last one. For keys without a property in this type.</summary>
    public bool TryGetInt(TTHeaderIntKey key, out ReadOnlySpan<byte> value)
    {
        value = default;
        bool found = false;
        foreach (HeaderIntPair pair in IntPairs)
        {
            if (pair.Key == key)
            {
                value = pair.Value;
                found = true;
            }
        }

        return found;
    }

    private ReadOnlySpan<byte> Value(HeaderRange range) => range.Of(_info);
}
