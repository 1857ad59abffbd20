using System.Buffers;
using System.Runtime.CompilerServices;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Wire;

/// <summary>
/// Finds the end of a Buffered Thrift message (envelope and struct, strict Binary), which has no length prefix. It continues where it
/// stopped, so each byte is examined once however the bytes arrive, and it skips strings and sequences of numbers without examining them.
/// It uses an explicit stack of fixed depth instead of recursion.
/// </summary>
/// <remarks>One per connection, reusable after <see cref="Reset"/>; not thread-safe.</remarks>
/// <param name="maxMessageSize">The largest message in bytes. A length or count that must exceed it fails before its bytes arrive.</param>
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

    /// <summary>The minimum size of the message as far as is known: continuing to scan is pointless before these bytes have arrived.</summary>
    public long NeededBytes => _position + _state switch
    {
        State.Version or State.NameLength => 4,
        State.Value => Math.Max(1, LeastSizeOf(_valueType)),
        State.Field => 1,
        _ => 0,
    };

    /// <summary>Starts a new message.</summary>
    public void Reset()
    {
        _depth = 0;
        _position = 0;
        _state = State.Version;
    }

    /// <summary>
    /// Notes that the first bytes of the message were removed from the buffer, so that the next buffer begins after them. Used to find the end of a message
    /// that is too large to keep.
    /// </summary>
    /// <param name="bytes">How many bytes, at most as many as were examined or skipped.</param>
    public void Discard(long bytes) => _position -= bytes;

    /// <summary>Scans the bytes that have arrived since the last call.</summary>
    /// <param name="buffer">The message from its first byte, as much as has arrived; bytes after the message are not examined.</param>
    /// <param name="length">The message's size in bytes when it is complete; before that, its minimum size as far as is known.</param>
    /// <returns>Whether the message is complete.</returns>
    /// <exception cref="ThriftProtocolException">The bytes are not a Thrift message, or exceed a limit.</exception>
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
                        $"the Thrift message is larger than the limit of {maxMessageSize} bytes; raise the limit to accept messages of this size.", _position);
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

    // Consumes one token; false if it has not arrived yet, or if the message is complete.
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

        // Every element has a minimum size, so a false count fails here, before waiting for its bytes.
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

    // A value is complete: its container determines what follows.
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

    // The position may run ahead of the bytes: they are skipped when they arrive.
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
