using System.Buffers;
using System.Runtime.CompilerServices;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Wire;

/// <summary>
/// Finds the end of a Buffered Thrift message (envelope and struct, strict Binary), which nothing announces. It continues where it
/// stopped, so each byte is looked at once however they arrive, and it steps over strings and rows of numbers without looking.
/// It keeps its own stack of fixed depth: no message makes it recurse.
/// </summary>
/// <remarks>One a connection, used again after <see cref="Reset"/>; not thread-safe.</remarks>
/// <param name="maxMessageSize">The largest message in bytes. A length or count that must exceed it fails before its bytes come.</param>
/// <param name="maxDepth">How deep structs and containers may be nested, at most 64.</param>
internal sealed class ThriftMessageScanner(long maxMessageSize, int maxDepth = ThriftMessageScanner.DepthLimit)
{
    public const int DepthLimit = 64;

    private enum State : byte
    {
        Version,
        NameLength,
        Field,
        Value,
        Done,
    }

    private Levels _levels;
    private int _depth;
    private long _position;
    private State _state = State.Version;
    private ThriftType _valueType;

    /// <summary>How many bytes the message has at least, as far as it was seen: scanning on is of no use before they are there.</summary>
    public long NeededBytes => _position + _state switch
    {
        State.Version or State.NameLength => 4,
        State.Value => Math.Max(1, LeastSizeOf(_valueType)),
        State.Field => 1,
        _ => 0,
    };

    /// <summary>Starts with another message.</summary>
    public void Reset()
    {
        _depth = 0;
        _position = 0;
        _state = State.Version;
    }

    /// <summary>
    /// The first bytes of the message were taken off the buffer: the next one begins after them. For a message that is too large to be kept, whose end is
    /// wanted all the same.
    /// </summary>
    /// <param name="bytes">How many, not more than were looked at or stepped over.</param>
    public void Discard(long bytes) => _position -= bytes;

    /// <summary>Looks at the bytes that are new.</summary>
    /// <param name="buffer">The message from its first byte on, as much as there is; what follows it is not looked at.</param>
    /// <param name="length">The message's size in bytes, when complete; before, as far as it is known to go.</param>
    /// <returns>Whether the message is complete.</returns>
    /// <exception cref="ThriftProtocolException">The bytes are not a Thrift message, or break a limit.</exception>
    public bool TryScan(in ReadOnlySequence<byte> buffer, out long length)
    {
        length = _position;
        if (_state != State.Done)
        {
            if (buffer.Length <= _position)
            {
                return false;
            }

            var reader = new SequenceReader<byte>(buffer.Slice(_position));
            while (Step(ref reader))
            {
                if (_position > maxMessageSize)
                {
                    throw new ThriftProtocolException(
                        $"the Thrift message is larger than the limit of {maxMessageSize} bytes; raise the limit if messages of this size are wanted.", _position);
                }
            }

            length = _position;
            if (_state != State.Done)
            {
                return false;
            }
        }

        return buffer.Length >= length;
    }

    // Takes one token; false if it is not there yet, or if there is nothing more to take.
    private bool Step(ref SequenceReader<byte> reader)
    {
        switch (_state)
        {
            case State.Version:
                if (!reader.TryReadBigEndian(out int version))
                {
                    return false;
                }

                if ((version & 0xFFFF0000) != 0x80010000)
                {
                    throw new ThriftProtocolException($"bad version 0x{version:x8} at the start of a Buffered message: only strict Thrift Binary is accepted.", 0);
                }

                _position += 4;
                _state = State.NameLength;
                return true;

            case State.NameLength:
                if (!reader.TryReadBigEndian(out int nameLength))
                {
                    return false;
                }

                Pass(ref reader, 4, CheckSize(nameLength) + 4);
                Push(new Level(ThriftType.Struct));
                _state = State.Field;
                return true;

            case State.Field:
                if (!reader.TryRead(out byte type))
                {
                    return false;
                }

                if (type == (byte)ThriftType.Stop)
                {
                    _position++;
                    _depth--;
                    EndValue();
                }
                else
                {
                    Pass(ref reader, 1, 2);
                    _valueType = (ThriftType)type;
                    _state = State.Value;
                }

                return true;

            case State.Value:
                return Value(ref reader);

            default:
                return false;
        }
    }

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
                Push(new Level(ThriftType.Struct));
                _state = State.Field;
                return true;

            case ThriftType.List:
            case ThriftType.Set:
                if (reader.Remaining < 5)
                {
                    return false;
                }

                _ = reader.TryRead(out byte element);
                _ = reader.TryReadBigEndian(out int count);
                _position += 5;
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
                _position += 6;
                BeginContainer(ref reader, (ThriftType)key, (ThriftType)value, 2 * CheckSize(pairs));
                return true;

            default:
                throw new ThriftProtocolException($"unknown type {(byte)_valueType} in a Thrift message.", _position);
        }
    }

    private void BeginContainer(ref SequenceReader<byte> reader, ThriftType first, ThriftType second, long elements)
    {
        if (elements == 0)
        {
            EndValue();
            return;
        }

        // Every element has a least size, so a lying count fails here and not after its bytes were waited for.
        long least = elements / 2 * (LeastSizeOf(first) + LeastSizeOf(second)) + (elements % 2 * LeastSizeOf(first));
        if (least > maxMessageSize - _position)
        {
            throw new ThriftProtocolException($"a container of {elements} elements cannot fit into the limit of {maxMessageSize} bytes.", _position);
        }

        if (FixedSizeOf(first) > 0 && FixedSizeOf(second) > 0)
        {
            Pass(ref reader, 0, least);
            EndValue();
            return;
        }

        Push(new Level(first, second, elements));
        _valueType = first;
        _state = State.Value;
    }

    // A value is complete: what comes next is the business of what it stands in.
    private void EndValue()
    {
        while (_depth > 0)
        {
            ref Level level = ref _levels[_depth - 1];
            if (level.Left < 0)
            {
                _state = State.Field;
                return;
            }

            level.Left--;
            if (level.Left > 0)
            {
                (level.Next, level.Other) = (level.Other, level.Next);
                _valueType = level.Next;
                _state = State.Value;
                return;
            }

            _depth--;
        }

        _state = State.Done;
    }

    private void Push(Level level)
    {
        if (_depth >= Math.Min(maxDepth, DepthLimit))
        {
            throw new ThriftProtocolException($"the Thrift message is nested deeper than {Math.Min(maxDepth, DepthLimit)}.", _position);
        }

        _levels[_depth++] = level;
    }

    // The position may run ahead of the bytes: they are passed over when they come.
    private void Pass(ref SequenceReader<byte> reader, int taken, long skipped)
    {
        _position += taken + skipped;
        reader.Advance(Math.Min(skipped, reader.Remaining));
    }

    private long CheckSize(int size)
    {
        if (size < 0)
        {
            throw new ThriftProtocolException($"negative size[{size}] in a Thrift message.", _position);
        }

        return size;
    }

    private static int FixedSizeOf(ThriftType type) => type switch
    {
        ThriftType.Bool or ThriftType.Byte => 1,
        ThriftType.I16 => 2,
        ThriftType.I32 => 4,
        ThriftType.I64 or ThriftType.Double => 8,
        ThriftType.Uuid => 16,
        _ => 0,
    };

    private static int LeastSizeOf(ThriftType type) => type switch
    {
        ThriftType.String => 4,
        ThriftType.Struct => 1,
        ThriftType.List or ThriftType.Set => 5,
        ThriftType.Map => 6,
        _ => FixedSizeOf(type),
    };

    // A struct has Left -1; a container the number of values still to come, the one being read included.
    private struct Level(ThriftType next, ThriftType other = default, long left = -1)
    {
        public ThriftType Next = next;
        public ThriftType Other = other;
        public long Left = left;
    }

    [InlineArray(DepthLimit)]
    private struct Levels
    {
        private Level _first;
    }
}
