using System.Buffers;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Wire;

/// <summary>Finds the end of a Buffered message in Binary, strict or not. It skips strings and sequences of numbers without examining them.</summary>
/// <inheritdoc/>
internal sealed class ThriftMessageScanner(long maxMessageSize, int maxDepth = TypedMessageScanner.DepthLimit) : TypedMessageScanner(maxMessageSize, maxDepth)
{
    private enum State : byte
    {
        Version,
        NameLength,
        Field,
        Value,
    }

    private State _state = State.Version;
    private ThriftType _valueType;

    /// <inheritdoc/>
    public override long NeededBytes => Position + (IsDone ? 0 : _state switch
    {
        State.Version or State.NameLength => 4,
        State.Value => Math.Max(1, LeastSizeOf(_valueType)),
        _ => 1,
    });

    /// <inheritdoc/>
    public override void Reset()
    {
        base.Reset();
        _state = State.Version;
    }

    /// <inheritdoc/>
    protected override bool Step(ref SequenceReader<byte> reader)
    {
        switch (_state)
        {
            case State.Version:
                if (!reader.TryReadBigEndian(out int version))
                {
                    return false;
                }

                if (version > 0)
                {
                    // The old form: the length of the name, the name, the type and the sequence id.
                    Pass(ref reader, 4, version + 5L);
                    BeginStruct();
                    return true;
                }

                if ((version & 0xFFFF0000) != 0x80010000)
                {
                    throw new ThriftProtocolException($"bad version 0x{version:x8} at the start of a Buffered message in Thrift Binary.", 0);
                }

                Position += 4;
                _state = State.NameLength;
                return true;

            case State.NameLength:
                if (!reader.TryReadBigEndian(out int nameLength))
                {
                    return false;
                }

                Pass(ref reader, 4, CheckSize(nameLength) + 4);
                BeginStruct();
                return true;

            case State.Field:
                if (!reader.TryRead(out byte type))
                {
                    return false;
                }

                if (type == (byte)ThriftType.Stop)
                {
                    Position++;
                    EndStruct();
                }
                else
                {
                    Pass(ref reader, 1, 2);
                    ExpectValue((ThriftType)type);
                }

                return true;

            default:
                return Value(ref reader);
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
        ThriftType.I16 => 2,
        ThriftType.I32 => 4,
        ThriftType.I64 or ThriftType.Double => 8,
        ThriftType.Uuid => 16,
        _ => 0,
    };

    /// <inheritdoc/>
    protected override int LeastSizeOf(ThriftType type) => type switch
    {
        ThriftType.String => 4,
        ThriftType.Struct => 1,
        ThriftType.List or ThriftType.Set => 5,
        ThriftType.Map => 6,
        _ => FixedSizeOf(type),
    };

    private bool Value(ref SequenceReader<byte> reader)
    {
        int size = FixedSizeOf(_valueType);
        if (size > 0)
        {
            Pass(ref reader, 0, size);
            EndValue();
            return true;
        }

        switch (_valueType)
        {
            case ThriftType.String:
                if (!reader.TryReadBigEndian(out int length))
                {
                    return false;
                }

                Pass(ref reader, 4, CheckSize(length));
                EndValue();
                return true;

            case ThriftType.Struct:
                BeginStruct();
                return true;

            case ThriftType.List:
            case ThriftType.Set:
                if (reader.Remaining < 5)
                {
                    return false;
                }

                _ = reader.TryRead(out byte element);
                _ = reader.TryReadBigEndian(out int count);
                Position += 5;
                BeginContainer(ref reader, (ThriftType)element, (ThriftType)element, CheckSize(count));
                return true;

            case ThriftType.Map:
                if (reader.Remaining < 6)
                {
                    return false;
                }

                _ = reader.TryRead(out byte key);
                _ = reader.TryRead(out byte value);
                _ = reader.TryReadBigEndian(out int pairs);
                Position += 6;
                BeginContainer(ref reader, (ThriftType)key, (ThriftType)value, 2 * CheckSize(pairs));
                return true;

            default:
                throw new ThriftProtocolException($"unknown type {(byte)_valueType} in a Thrift message.", Position);
        }
    }
}
