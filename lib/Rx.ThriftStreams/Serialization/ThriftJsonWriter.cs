using System.Buffers;
using System.Buffers.Text;
using System.Runtime.InteropServices;
using System.Text;

namespace Rx.ThriftStreams.Serialization;

/// <summary>Writes Apache Thrift's JSON protocol (<c>TJSONProtocol</c>) to the end of a <see cref="ThriftWriteBuffer"/>.</summary>
/// <remarks>
/// Nothing is visible in the buffer before <see cref="Flush"/>; a writer that is abandoned after an error leaves the buffer unchanged.
/// Layout: a struct is <c>{"1":{"i32":5}}</c> with field ids and type names, a list or set <c>["i32",2,5,6]</c>, a map <c>["str","i32",1,{"a":5}]</c>; keys are always
/// between quotation marks, a bool is 1 or 0, a binary is Base64 without padding, and a double that is not a number a text.
/// </remarks>
internal ref partial struct ThriftJsonWriter : IThriftWriter
{
    // A number with its quotation marks; what stands around a value takes less as well.
    private const int MaxToken = 64;

    // The worst case of an escape: \u00xx for one byte.
    private const int MaxEscape = 6;

    private const int EscapeAtOnce = 4096;

    private static readonly SearchValues<byte> s_escaped = SearchValues.Create(
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, (byte)'"', (byte)'\\']);

    private readonly ThriftWriteBuffer _buffer;
    private readonly int _maxDepth;
    private JsonLevels _levels;
    private int _depth;
    private int _position;

    /// <summary>Creates a writer that appends to <paramref name="buffer"/>.</summary>
    /// <param name="buffer">Where to write. It belongs to the writer until <see cref="Flush"/>.</param>
    /// <param name="maxDepth">How deep structs may be nested. Default 64, which is what peers accept; it also ends a value that contains itself.</param>
    public ThriftJsonWriter(ThriftWriteBuffer buffer, int maxDepth = 64)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        _buffer = buffer;
        _maxDepth = maxDepth;
        _position = buffer.Length;
    }

    /// <summary>Makes everything written so far part of the buffer. The writer can continue.</summary>
    public readonly void Flush() => _buffer.Commit(_position);

    /// <inheritdoc/>
    public void BeginStruct()
    {
        if (_depth >= _maxDepth)
        {
            ThriftCodecErrors.WriteTooDeep(_maxDepth, _position);
        }

        _depth++;
        BeginValue();
        Put("{"u8);
        _levels.Push(JsonLevelKind.Struct);
    }

    /// <inheritdoc/>
    public void EndStruct()
    {
        Put("}"u8);
        _levels.Pop();
        _depth--;
        EndValue();
    }

    /// <inheritdoc/>
    public void WriteBool(bool value) => WriteI64(value ? 1 : 0);

    /// <inheritdoc/>
    public void WriteByte(sbyte value) => WriteI64(value);

    /// <inheritdoc/>
    public void WriteI16(short value) => WriteI64(value);

    /// <inheritdoc/>
    public void WriteI32(int value) => WriteI64(value);

    /// <inheritdoc/>
    public void WriteI64(long value)
    {
        var quote = BeginValue() ? "\""u8 : [];
        Put(quote);
        Put(value);
        Put(quote);
        EndValue();
    }

    /// <inheritdoc/>
    public void WriteDouble(double value)
    {
        var isKey = BeginValue();
        var quote = isKey || !double.IsFinite(value) ? "\""u8 : [];
        Put(quote);
        if (double.IsFinite(value))
        {
            Utf8Formatter.TryFormat(value, Reserve(MaxToken), out var written);
            _position += written;
        }
        else
        {
            Put(double.IsNaN(value) ? "NaN"u8 : value > 0 ? "Infinity"u8 : "-Infinity"u8);
        }

        Put(quote);
        EndValue();
    }

    /// <inheritdoc/>
    public void WriteString(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        BeginValue();
        PutText(value);
        EndValue();
    }

    /// <inheritdoc/>
    public void WriteUtf8String(ThriftUtf8String value)
    {
        BeginValue();
        Put("\""u8);
        PutEscaped(value.Span);
        Put("\""u8);
        EndValue();
    }

    /// <inheritdoc/>
    public void WriteBinary(ReadOnlySpan<byte> value)
    {
        BeginValue();
        Put("\""u8);
        Base64.EncodeToUtf8(value, Reserve(Base64.GetMaxEncodedToUtf8Length(value.Length)), out _, out var written);

        // Without the padding, as Apache writes it.
        _position += written - ((3 - (value.Length % 3)) % 3);
        Put("\""u8);
        EndValue();
    }

    /// <inheritdoc/>
    public void WriteUuid(Guid value)
    {
        BeginValue();
        Put("\""u8);
        Utf8Formatter.TryFormat(value, Reserve(MaxToken), out var written);
        _position += written;
        Put("\""u8);
        EndValue();
    }

    /// <summary>Writes what precedes the struct of a message.</summary>
    internal void WriteMessageBegin(string name, int type, int sequenceId)
    {
        Put("[1,"u8);
        PutText(name);
        Put(","u8);
        Put(type);
        Put(","u8);
        Put(sequenceId);
        Put(","u8);
    }

    /// <summary>Writes what separates a value from the one before it.</summary>
    /// <returns>Whether the value is the key of a pair.</returns>
    private bool BeginValue()
    {
        ref var level = ref _levels.Top;
        switch (level.Kind)
        {
            case JsonLevelKind.Elements:
                Put(","u8);
                break;

            case JsonLevelKind.Pairs when level.IsKey:
                if (!level.IsFirst)
                {
                    Put(","u8);
                }

                level.IsFirst = false;
                return true;

            case JsonLevelKind.Pairs:
                Put(":"u8);
                break;
        }

        return false;
    }

    /// <summary>Closes the field that a value is in, or the containers of which it is the last.</summary>
    private void EndValue()
    {
        while (true)
        {
            ref var level = ref _levels.Top;
            switch (level.Kind)
            {
                case JsonLevelKind.Field:
                    Put("}"u8);
                    _levels.Pop();
                    return;

                case JsonLevelKind.Elements or JsonLevelKind.Pairs:
                    level.Remaining--;
                    if (level.Remaining > 0)
                    {
                        return;
                    }

                    Put(level.Kind == JsonLevelKind.Pairs ? "}]"u8 : "]"u8);
                    _levels.Pop();
                    break;

                default:
                    return;
            }
        }
    }

    private void PutText(scoped ReadOnlySpan<char> text)
    {
        Put("\""u8);
        Span<byte> utf8 = stackalloc byte[EscapeAtOnce];
        while (!text.IsEmpty)
        {
            // A lone surrogate becomes U+FFFD; a pair is not cut in two.
            var chars = text[..Math.Min(text.Length, EscapeAtOnce / 3)];
            if (chars.Length < text.Length && char.IsHighSurrogate(chars[^1]))
            {
                chars = chars[..^1];
            }

            var length = Encoding.UTF8.GetBytes(chars, utf8);
            PutEscaped(utf8[..length]);
            text = text[chars.Length..];
        }

        Put("\""u8);
    }

    private void PutEscaped(scoped ReadOnlySpan<byte> utf8)
    {
        while (true)
        {
            var plain = utf8.IndexOfAny(s_escaped);
            Put(plain < 0 ? utf8 : utf8[..plain]);
            if (plain < 0)
            {
                return;
            }

            var escaped = utf8[plain];
            var target = Reserve(MaxEscape);
            target[0] = (byte)'\\';
            target[1] = escaped switch
            {
                (byte)'\b' => (byte)'b',
                (byte)'\t' => (byte)'t',
                (byte)'\n' => (byte)'n',
                (byte)'\f' => (byte)'f',
                (byte)'\r' => (byte)'r',
                >= (byte)' ' => escaped,
                _ => (byte)'u',
            };
            _position += 2;
            if (target[1] == 'u')
            {
                target[2] = target[3] = (byte)'0';
                Utf8Formatter.TryFormat(escaped, target[4..], out _, new StandardFormat('x', 2));
                _position += 4;
            }

            utf8 = utf8[(plain + 1)..];
        }
    }

    private void Put(long value)
    {
        Utf8Formatter.TryFormat(value, Reserve(MaxToken), out var written);
        _position += written;
    }

    private void Put(scoped ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Reserve(bytes.Length));
        _position += bytes.Length;
    }

    private readonly Span<byte> Reserve(int size)
    {
        if (_buffer.Array.Length - _position < size)
        {
            _buffer.Grow(_position, size);
        }

        return MemoryMarshal.CreateSpan(ref MemoryMarshal.GetArrayDataReference(_buffer.Array), _buffer.Array.Length)[_position..];
    }
}
