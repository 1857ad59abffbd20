using System.Buffers.Text;
using System.Runtime.CompilerServices;
using System.Text;

namespace Rx.ThriftStreams.Serialization;

/// <summary>Reads Apache Thrift's JSON protocol (<c>TJSONProtocol</c>) from memory. White space between tokens is accepted.</summary>
/// <remarks>
/// JSON does not distinguish a text from a binary: a field of an unknown type <c>str</c> is a text. Bytes of a string that are not UTF-8, and lone surrogates, become
/// U+FFFD. A <c>bool</c> is true unless its number is 0.
/// </remarks>
internal ref partial struct ThriftJsonReader : IThriftReader
{
    private readonly ReadOnlySpan<byte> _data;
    private readonly int _maxDepth;
    private readonly int _uncheckedDepth;
    private readonly int _maxString;
    private readonly int _maxCount;
    private JsonLevels _levels;
    private ReadBudget _memory;
    private int _depth;
    private int _position;
    private int _fieldId;

    /// <summary>Creates a reader at the start of <paramref name="data"/>.</summary>
    /// <param name="data">The message. Bytes after the value are ignored.</param>
    /// <param name="limits">What to accept; <see cref="ThriftReaderLimits.Default"/> if <see langword="null"/>.</param>
    /// <param name="cancellationToken">Ends the reading of a long message: observed once for each 256 KiB of memory that its values take.</param>
    public ThriftJsonReader(ReadOnlySpan<byte> data, ThriftReaderLimits? limits = null, CancellationToken cancellationToken = default)
    {
        limits ??= ThriftReaderLimits.Default;
        _data = data;
        _maxDepth = limits.MaxDepth;
        _uncheckedDepth = Math.Min(limits.MaxDepth, ThriftReaderLimits.DefaultDepth);
        _maxString = limits.MaxStringBytes;
        _maxCount = limits.MaxContainerCount;
        _fieldId = ThriftCodecErrors.NoField;
        _memory = new ReadBudget(limits, data.Length, cancellationToken);
    }

    /// <summary>How many bytes were read.</summary>
    public readonly int Consumed => _position;

    private readonly int Remaining => _data.Length - _position;

    /// <inheritdoc/>
    public void BeginStruct(int memory = MemoryCost.UnknownStruct)
    {
        if (_depth >= _uncheckedDepth)
        {
            ThriftCodecErrors.CheckDepth(_depth, _maxDepth, _position, _fieldId);
        }

        ChargeMemory(memory);
        _depth++;
        BeginValue();
        Expect('{');
        _levels.Push(JsonLevelKind.Struct);
    }

    /// <inheritdoc/>
    public void EndStruct()
    {
        _levels.Pop();
        _depth--;
        if (_depth == 0)
        {
            _fieldId = ThriftCodecErrors.NoField;
        }

        EndValue();
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void ChargeMemory(long memory)
    {
        if (!_memory.TryCharge(memory))
        {
            ThriftCodecErrors.Memory(_memory.Limit, _position, _fieldId);
        }
    }

    /// <inheritdoc/>
    public bool ReadFieldHeader(out ThriftType type, out short id)
    {
        ref var level = ref _levels.Top;
        if (Peek() == '}')
        {
            _position++;
            type = ThriftType.Stop;
            id = 0;
            return false;
        }

        if (!level.IsFirst)
        {
            Expect(',');
        }

        level.IsFirst = false;
        var offset = _position;
        var token = ReadQuoted(out _);
        if (!Utf8Parser.TryParse(token, out id, out var used) || used != token.Length)
        {
            ThriftCodecErrors.Json("A field id", offset, _fieldId);
        }

        _fieldId = id;
        Expect(':');
        Expect('{');
        type = ReadTypeName();
        Expect(':');
        _levels.Push(JsonLevelKind.Field);
        return true;
    }

    /// <inheritdoc/>
    public readonly bool TryReadFieldHeader(ThriftType type, short id) => false;

    /// <inheritdoc/>
    public bool TryReadEmptyStruct()
    {
        var position = _position;
        BeginValue();
        Expect('{');
        if (Peek() != '}')
        {
            _position = position;
            return false;
        }

        _position++;
        EndValue();
        return true;
    }

    /// <inheritdoc/>
    public bool ReadBool() => ReadInteger(long.MinValue, long.MaxValue) != 0;

    /// <inheritdoc/>
    public sbyte ReadByte() => (sbyte)ReadInteger(sbyte.MinValue, sbyte.MaxValue);

    /// <inheritdoc/>
    public short ReadI16() => (short)ReadInteger(short.MinValue, short.MaxValue);

    /// <inheritdoc/>
    public int ReadI32() => (int)ReadInteger(int.MinValue, int.MaxValue);

    /// <inheritdoc/>
    public long ReadI64() => ReadInteger(long.MinValue, long.MaxValue);

    /// <inheritdoc/>
    public double ReadDouble()
    {
        BeginValue();
        var isQuoted = Peek() == '"';
        var offset = _position;
        var token = isQuoted ? ReadQuoted(out _) : ReadNumber();
        double value;
        if (token.SequenceEqual("NaN"u8))
        {
            value = double.NaN;
        }
        else if (token.SequenceEqual("Infinity"u8))
        {
            value = double.PositiveInfinity;
        }
        else if (token.SequenceEqual("-Infinity"u8))
        {
            value = double.NegativeInfinity;
        }
        else if (!Utf8Parser.TryParse(token, out value, out var used) || used != token.Length)
        {
            ThriftCodecErrors.Json("A double", offset, _fieldId);
        }

        EndValue();
        return value;
    }

    /// <inheritdoc/>
    public string ReadString()
    {
        BeginValue();
        var raw = ReadText(out var hasEscapes);
        ChargeMemory(MemoryCost.String(raw.Length));
        var value = Encoding.UTF8.GetString(hasEscapes ? Unescape(raw) : raw);
        EndValue();
        return value;
    }

    /// <inheritdoc/>
    public ThriftUtf8String ReadUtf8String()
    {
        BeginValue();
        var raw = ReadText(out var hasEscapes);
        ChargeMemory(MemoryCost.Binary(raw.Length));
        var value = ReceivedBytes.Copy(hasEscapes ? Unescape(raw) : raw);
        EndValue();
        return new(value.AsMemory());
    }

    /// <inheritdoc/>
    public byte[] ReadBinary()
    {
        BeginValue();
        var offset = _position;
        var raw = ReadText(out var hasEscapes);

        // A solidus may be escaped.
        ChargeMemory(MemoryCost.Binary(UnpaddedBase64.MaxDecodedLength(raw.Length)));
        if (!UnpaddedBase64.TryDecode(hasEscapes ? Unescape(raw) : raw, out var value))
        {
            ThriftCodecErrors.NotBase64(offset, _fieldId);
        }

        EndValue();
        return value;
    }

    /// <inheritdoc/>
    public ThriftPooledBinary ReadPooledBinary() => new(ReadBinary());

    /// <inheritdoc/>
    public Guid ReadUuid()
    {
        BeginValue();
        var offset = _position;
        var text = ReadQuoted(out _);
        if (!Utf8Parser.TryParse(text, out Guid value, out var used) || used != text.Length)
        {
            ThriftCodecErrors.Json("A uuid", offset, _fieldId);
        }

        EndValue();
        return value;
    }

    /// <summary>Reads what precedes the struct of a message.</summary>
    /// <returns>The method's name.</returns>
    internal byte[] ReadMessageBegin(out int type, out int sequenceId)
    {
        Expect('[');
        _ = ReadInteger(1, 1);
        Expect(',');
        var raw = ReadText(out var hasEscapes);
        var name = (hasEscapes ? Unescape(raw) : raw).ToArray();
        Expect(',');
        type = (int)ReadInteger(0, byte.MaxValue);
        Expect(',');
        sequenceId = ReadI32();
        Expect(',');
        return name;
    }

    private long ReadInteger(long least, long most)
    {
        BeginValue();

        // The key of a pair is between quotation marks.
        var offset = _position;
        var token = Peek() == '"' ? ReadQuoted(out _) : ReadNumber();
        if (!Utf8Parser.TryParse(token, out long value, out var used) || used != token.Length || value < least || value > most)
        {
            ThriftCodecErrors.Json("An integer", offset, _fieldId);
        }

        EndValue();
        return value;
    }
}
