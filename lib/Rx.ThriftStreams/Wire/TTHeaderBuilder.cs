using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Wire;

/// <summary>Builds a frame's header: pairs are added in any order and written in the order that Kitex uses (ACL token, string pairs, integer keys, padding).</summary>
/// <remarks>Reusable; not thread-safe. A key added twice is written twice.</remarks>
/// <param name="maxHeaderInfoSize">The largest header info to write, in bytes. Some old peers accept only 65536.</param>
internal sealed class TTHeaderBuilder(int maxHeaderInfoSize) : IPerThread
{
    private ArrayBufferWriter<byte> _strings = new(256);
    private ArrayBufferWriter<byte> _ints = new(64);
    private byte[]? _aclToken;
    private int _stringCount;
    private int _intCount;
    private TTHeaderFlags _flags;
    private TTHeaderProtocolId _protocolId;
    private int _sequenceId;

    /// <summary>Creates a builder for headers up to the size that the protocol allows.</summary>
    public TTHeaderBuilder()
        : this(TTHeaderFormat.MaxHeaderInfoSize)
    {
    }

    /// <summary>The size of the header info in bytes, padding included.</summary>
    public int HeaderInfoSize => (UnpaddedSize + 3) & ~3;

    /// <summary>The bytes before the payload.</summary>
    public int Length => TTHeaderFormat.FixedSize + HeaderInfoSize;

    /// <summary>The end of the string pairs in the header, which is also the end of the last pair's value: used to fill in that value later.</summary>
    public int StringsEnd => TTHeaderFormat.FixedSize + 2 + (_aclToken is null ? 0 : 3 + _aclToken.Length) + 3 + _strings.WrittenCount;

    private int UnpaddedSize => 2
        + (_aclToken is null ? 0 : 3 + _aclToken.Length)
        + (_stringCount == 0 ? 0 : 3 + _strings.WrittenCount)
        + (_intCount == 0 ? 0 : 3 + _ints.WrittenCount);

    /// <summary>Starts a new header.</summary>
    public TTHeaderBuilder Reset(TTHeaderFlags flags, int sequenceId, TTHeaderProtocolId protocolId)
    {
        _flags = flags;
        _sequenceId = sequenceId;
        _protocolId = protocolId;
        _stringCount = 0;
        _intCount = 0;
        _aclToken = null;
        _strings.ResetWrittenCount();
        _ints.ResetWrittenCount();
        return this;
    }

    /// <summary>Discards the memory that is larger than <paramref name="largestKept"/> bytes.</summary>
    public void Recycle(int largestKept)
    {
        if (_strings.Capacity > largestKept)
        {
            _strings = new(256);
        }

        if (_ints.Capacity > largestKept)
        {
            _ints = new(64);
        }
    }

    /// <summary>Starts a streaming frame's header with its type and method, which every streaming frame has.</summary>
    public TTHeaderBuilder ResetStreaming(TTHeaderFrameType type, int streamId, string method)
        => Reset(TTHeaderFlags.Streaming, streamId, TTHeaderProtocolId.ThriftStruct)
            .AddInt(TTHeaderIntKey.FrameType, (int)type)
            .AddInt(TTHeaderIntKey.ToMethod, method);

    /// <summary>Adds an integer-keyed text.</summary>
    /// <exception cref="ThriftProtocolException">The value is longer than 65535 bytes, or there are too many.</exception>
    public TTHeaderBuilder AddInt(TTHeaderIntKey key, string value)
    {
        StartInt(key);
        AppendText(_ints, value, "the value of an integer key");
        return this;
    }

    /// <summary>Adds an integer-keyed number, as decimal text.</summary>
    public TTHeaderBuilder AddInt(TTHeaderIntKey key, int value)
    {
        StartInt(key);
        Span<byte> text = _ints.GetSpan(2 + 11);
        _ = value.TryFormat(text[2..], out int length, default, CultureInfo.InvariantCulture);
        BinaryPrimitives.WriteUInt16BigEndian(text, (ushort)length);
        _ints.Advance(2 + length);
        return this;
    }

    /// <summary>Adds a string pair. The ACL token's key makes it the ACL token.</summary>
    /// <exception cref="ThriftProtocolException">Key or value is longer than 65535 bytes, or there are too many.</exception>
    public TTHeaderBuilder AddString(string key, string value)
    {
        if (key.Length == TTHeaderStringKeys.AclToken.Length && Encoding.UTF8.GetBytes(key).AsSpan().SequenceEqual(TTHeaderStringKeys.AclToken))
        {
            _aclToken = CheckAclToken(Encoding.UTF8.GetBytes(value));
            return this;
        }

        StartString();
        AppendText(_strings, key, "a key");
        AppendText(_strings, value, "the value of key " + key);
        return this;
    }

    /// <summary>Adds a string pair whose key is <paramref name="prefix"/> followed by <paramref name="key"/>, as for metainfo.</summary>
    public TTHeaderBuilder AddString(ReadOnlySpan<byte> prefix, string key, string value)
        => AddString(Encoding.UTF8.GetString(prefix) + key, value);

    /// <summary>Adds a string pair of UTF-8, or of any bytes. The ACL token's key makes it the ACL token.</summary>
    public TTHeaderBuilder AddString(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        if (key.SequenceEqual(TTHeaderStringKeys.AclToken))
        {
            _aclToken = CheckAclToken(value.ToArray());
            return this;
        }

        StartString();
        AppendBytes(_strings, key, "a key");
        AppendBytes(_strings, value, "a value");
        return this;
    }

    /// <summary>Adds a string pair with one of the <see cref="TTHeaderStringKeys"/>.</summary>
    public TTHeaderBuilder AddString(ReadOnlySpan<byte> key, string value)
    {
        if (key.SequenceEqual(TTHeaderStringKeys.AclToken))
        {
            _aclToken = CheckAclToken(Encoding.UTF8.GetBytes(value));
            return this;
        }

        StartString();
        AppendBytes(_strings, key, "a key");
        AppendText(_strings, value, "a value");
        return this;
    }

    /// <summary>Writes the header; <paramref name="payloadLength"/> bytes must follow.</summary>
    /// <exception cref="ThriftProtocolException">The header or the frame is too large. Nothing has been written.</exception>
    public void WriteTo(IBufferWriter<byte> output, int payloadLength)
    {
        int length = Length;
        WriteTo(output.GetSpan(length), payloadLength);
        output.Advance(length);
    }

    /// <summary>Writes the header into <paramref name="destination"/>, which must have <see cref="Length"/> bytes.</summary>
    public void WriteTo(Span<byte> destination, int payloadLength)
    {
        int infoSize = HeaderInfoSize;
        if (infoSize > maxHeaderInfoSize || infoSize > TTHeaderFormat.MaxHeaderInfoSize)
        {
            TTHeaderErrors.HeaderTooLargeToWrite(infoSize, Math.Min(maxHeaderInfoSize, TTHeaderFormat.MaxHeaderInfoSize));
        }

        TTHeaderFormat.PatchLength(destination, infoSize, payloadLength);
        BinaryPrimitives.WriteUInt16BigEndian(destination[TTHeaderFormat.MagicOffset..], TTHeaderFormat.Magic);
        BinaryPrimitives.WriteUInt16BigEndian(destination[TTHeaderFormat.FlagsOffset..], (ushort)_flags);
        BinaryPrimitives.WriteInt32BigEndian(destination[TTHeaderFormat.SequenceIdOffset..], _sequenceId);
        BinaryPrimitives.WriteUInt16BigEndian(destination[TTHeaderFormat.HeaderSizeOffset..], (ushort)(infoSize / 4));

        Span<byte> info = destination.Slice(TTHeaderFormat.FixedSize, infoSize);
        info[0] = (byte)_protocolId;
        info[1] = 0;
        int position = 2;
        if (_aclToken is not null)
        {
            position = WriteBlock(info, position, TTHeaderFormat.AclTokenBlock, _aclToken.Length, _aclToken);
        }

        if (_stringCount > 0)
        {
            position = WriteBlock(info, position, TTHeaderFormat.StringBlock, _stringCount, _strings.WrittenSpan);
        }

        if (_intCount > 0)
        {
            position = WriteBlock(info, position, TTHeaderFormat.IntBlock, _intCount, _ints.WrittenSpan);
        }

        info[position..].Clear();
    }

    // The u16 is a count of pairs, or of bytes for the ACL token: the layout is the same.
    private static int WriteBlock(Span<byte> info, int position, byte block, int count, ReadOnlySpan<byte> content)
    {
        info[position] = block;
        BinaryPrimitives.WriteUInt16BigEndian(info[(position + 1)..], (ushort)count);
        content.CopyTo(info[(position + 3)..]);
        return position + 3 + content.Length;
    }

    private static void AppendText(ArrayBufferWriter<byte> output, string text, string what)
    {
        int length = Encoding.UTF8.GetByteCount(text);
        if (length > ushort.MaxValue)
        {
            TTHeaderErrors.TextTooLong(what, length);
        }

        Span<byte> span = output.GetSpan(2 + length);
        BinaryPrimitives.WriteUInt16BigEndian(span, (ushort)length);
        _ = Encoding.UTF8.GetBytes(text, span[2..]);
        output.Advance(2 + length);
    }

    private static void AppendBytes(ArrayBufferWriter<byte> output, ReadOnlySpan<byte> bytes, string what)
    {
        if (bytes.Length > ushort.MaxValue)
        {
            TTHeaderErrors.TextTooLong(what, bytes.Length);
        }

        Span<byte> span = output.GetSpan(2 + bytes.Length);
        BinaryPrimitives.WriteUInt16BigEndian(span, (ushort)bytes.Length);
        bytes.CopyTo(span[2..]);
        output.Advance(2 + bytes.Length);
    }

    private static byte[] CheckAclToken(byte[] token)
    {
        if (token.Length > ushort.MaxValue)
        {
            TTHeaderErrors.TextTooLong("the ACL token", token.Length);
        }

        return token;
    }

    private void StartString()
    {
        if (_stringCount == ushort.MaxValue)
        {
            TTHeaderErrors.TooManyPairs("string pairs");
        }

        _stringCount++;
    }

    private void StartInt(TTHeaderIntKey key)
    {
        if (_intCount == ushort.MaxValue)
        {
            TTHeaderErrors.TooManyPairs("integer-keyed pairs");
        }

        _intCount++;
        BinaryPrimitives.WriteUInt16BigEndian(_ints.GetSpan(2), (ushort)key);
        _ints.Advance(2);
    }
}
