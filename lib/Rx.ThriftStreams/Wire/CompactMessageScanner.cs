using System.Buffers;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Wire;

/// <summary>Finds the end of a Buffered message in Compact.</summary>
/// <inheritdoc/>
internal sealed class CompactMessageScanner(long maxMessageSize, int maxDepth = TypedMessageScanner.DepthLimit) : TypedMessageScanner(maxMessageSize, maxDepth)
{
    private const int MaxVarint64 = 10;

    private enum State : byte
    {
        Header,
        SequenceId,
        NameLength,
        Field,
        Value,
    }

    private State _state = State.Header;
    private ThriftType _valueType;

    /// <inheritdoc/>
    public override long NeededBytes => Position + (IsDone ? 0 : _state switch
    {
        State.Header => 2,
        State.Value => Math.Max(1, LeastSizeOf(_valueType)),
        _ => 1,
    });

    /// <inheritdoc/>
    public override void Reset()
    {
        base.Reset();
        _state = State.Header;
    }

    /// <inheritdoc/>
    protected override bool Step(ref SequenceReader<byte> reader)
    {
        var start = reader.Consumed;
        switch (_state)
        {
            case State.Header:
                if (reader.Remaining < 2)
                {
                    return false;
                }

                _ = reader.TryRead(out var id);
                _ = reader.TryRead(out var version);
                CompactCodec.CheckHeader(id, version);
                Position += 2;
                _state = State.SequenceId;
                return true;

            case State.SequenceId:
                if (!CompactCodec.TryReadVarint(ref reader, out _))
                {
                    return false;
                }

                Position += reader.Consumed - start;
                _state = State.NameLength;
                return true;

            case State.NameLength:
                if (!TryPassText(ref reader))
                {
                    return false;
                }

                BeginStruct();
                return true;

            case State.Field:
                return TryTakeField(ref reader);

            default:
                return TryTakeValue(ref reader);
        }
    }

    /// <inheritdoc/>
    protected override void ExpectField() => _state = State.Field;

    /// <inheritdoc/>
    protected override void ExpectValue(ThriftType type)
    {
        _valueType = type;
        _state = State.Value;
    }

    /// <inheritdoc/>
    protected override int FixedSizeOf(ThriftType type) => type switch
    {
        ThriftType.Bool or ThriftType.Byte => 1,
        ThriftType.Double => 8,
        ThriftType.Uuid => 16,
        _ => 0,
    };

    /// <inheritdoc/>
    protected override int LeastSizeOf(ThriftType type) => Math.Max(1, FixedSizeOf(type));

    private bool TryTakeField(ref SequenceReader<byte> reader)
    {
        if (!reader.TryPeek(out var header))
        {
            return false;
        }

        if (header == 0)
        {
            Pass(ref reader, 0, 1);
            EndStruct();
            return true;
        }

        // A field id that is not a small difference follows as a varint.
        var size = 1;
        if (header >> 4 == 0 && !TryPeekVarint(reader, 1, out size))
        {
            return false;
        }

        Pass(ref reader, 0, size);
        var type = CompactType.ToThriftType(header);
        if (type == ThriftType.Stop)
        {
            throw new ThriftProtocolException($"unknown type {header & 0x0F} in a Compact message.", Position);
        }

        if (type == ThriftType.Bool)
        {
            // The header holds the value.
            EndValue();
        }
        else
        {
            ExpectValue(type);
        }

        return true;
    }

    private bool TryTakeValue(ref SequenceReader<byte> reader)
    {
        switch (_valueType)
        {
            case ThriftType.I16 or ThriftType.I32 or ThriftType.I64:
                if (!TryPeekVarint(reader, 0, out var size))
                {
                    return false;
                }

                Pass(ref reader, 0, size);
                EndValue();
                return true;

            case ThriftType.String:
                if (!TryPassText(ref reader))
                {
                    return false;
                }

                EndValue();
                return true;

            case ThriftType.Struct:
                BeginStruct();
                return true;

            case ThriftType.List or ThriftType.Set:
                return TryTakeElements(ref reader);

            case ThriftType.Map:
                return TryTakePairs(ref reader);

            default:
                Pass(ref reader, 0, FixedSizeOf(_valueType));
                EndValue();
                return true;
        }
    }

    private bool TryTakeElements(ref SequenceReader<byte> reader)
    {
        var ahead = reader;
        if (!ahead.TryRead(out var header))
        {
            return false;
        }

        var count = (uint)header >> 4;
        if (count == 15 && !CompactCodec.TryReadVarint(ref ahead, out count))
        {
            return false;
        }

        Take(ref reader, ahead);
        BeginContainer(ref reader, ElementType(header, count), ElementType(header, count), CheckSize((int)count));
        return true;
    }

    private bool TryTakePairs(ref SequenceReader<byte> reader)
    {
        var ahead = reader;
        byte types = 0;
        if (!CompactCodec.TryReadVarint(ref ahead, out var count) || (count > 0 && !ahead.TryRead(out types)))
        {
            return false;
        }

        Take(ref reader, ahead);
        BeginContainer(ref reader, ElementType(types >> 4, count), ElementType(types, count), 2 * CheckSize((int)count));
        return true;
    }

    private ThriftType ElementType(int code, uint count)
    {
        var type = CompactType.ToThriftType(code);
        return type != ThriftType.Stop || count == 0
            ? type
            : throw new ThriftProtocolException($"unknown type {code & 0x0F} in a Compact message.", Position);
    }

    private bool TryPassText(ref SequenceReader<byte> reader)
    {
        var ahead = reader;
        if (!CompactCodec.TryReadVarint(ref ahead, out var length))
        {
            return false;
        }

        Take(ref reader, ahead);
        Pass(ref reader, 0, CheckSize((int)length));
        return true;
    }

    private void Take(ref SequenceReader<byte> reader, in SequenceReader<byte> ahead)
    {
        Position += ahead.Consumed - reader.Consumed;
        reader = ahead;
    }

    private bool TryPeekVarint(in SequenceReader<byte> reader, int offset, out int end)
    {
        for (end = offset; end < offset + MaxVarint64; end++)
        {
            if (!reader.TryPeek(end, out var next))
            {
                return false;
            }

            if (next < 0x80)
            {
                end++;
                return true;
            }
        }

        throw new ThriftProtocolException("A variable-length integer of a Compact message does not end.", Position);
    }
}
