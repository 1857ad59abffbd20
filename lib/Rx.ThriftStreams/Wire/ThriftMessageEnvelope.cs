using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Rx.ThriftStreams.Wire;

/// <summary>
/// What precedes the struct of a Thrift message. Read and written here in the strict Binary form:
/// 80 01 00 type ‖ i32 length ‖ method name ‖ i32 sequence id. Other forms are <see cref="MessageCodec"/>s.
/// </summary>
internal readonly ref struct ThriftMessageEnvelope
{
    private const int FixedSize = 12;

    internal ThriftMessageEnvelope(ThriftMessageType type, ReadOnlySpan<byte> method, int sequenceId)
    {
        Type = type;
        Method = method;
        SequenceId = sequenceId;
    }

    public ThriftMessageType Type { get; }

    /// <summary>The method's name, never empty.</summary>
    public ReadOnlySpan<byte> Method { get; }

    public int SequenceId { get; }

    /// <summary>The size of an envelope in bytes.</summary>
    public static int GetLength(string method) => FixedSize + Encoding.UTF8.GetByteCount(method);

    /// <summary>Appends an envelope; the struct must follow.</summary>
    public static void Write(IBufferWriter<byte> output, ThriftMessageType type, string method, int sequenceId)
    {
        int nameLength = Encoding.UTF8.GetByteCount(method);
        int length = FixedSize + nameLength;
        Span<byte> span = output.GetSpan(length);
        BinaryPrimitives.WriteUInt32BigEndian(span, 0x80010000u | (byte)type);
        BinaryPrimitives.WriteInt32BigEndian(span[4..], nameLength);
        _ = Encoding.UTF8.GetBytes(method, span[8..]);
        BinaryPrimitives.WriteInt32BigEndian(span[(8 + nameLength)..], sequenceId);
        output.Advance(length);
    }

    /// <summary>Reads the envelope of a complete message.</summary>
    /// <param name="message">The message, without a frame's length.</param>
    /// <param name="body">Its struct.</param>
    /// <exception cref="ThriftProtocolException">A bad version, an empty name, or a length that exceeds the message.</exception>
    public static ThriftMessageEnvelope Read(in ReadOnlySequence<byte> message, out ReadOnlySequence<byte> body)
    {
        var reader = new SequenceReader<byte>(message);
        if (!reader.TryReadBigEndian(out int version))
        {
            throw Truncated(0);
        }

        if ((version & 0xFFFF0000) != 0x80010000)
        {
            throw new ThriftProtocolException($"bad version 0x{version:x8} in ReadMessageBegin: only strict Thrift Binary is accepted.", 0);
        }

        if (!reader.TryReadBigEndian(out int nameLength))
        {
            throw Truncated(4);
        }

        if (nameLength > reader.Remaining - 4)
        {
            throw InvalidName(nameLength, reader.Remaining);
        }

        ReadOnlySpan<byte> method = ReadName(ref reader, nameLength);
        _ = reader.TryReadBigEndian(out int sequenceId);
        body = reader.UnreadSequence;
        return new ThriftMessageEnvelope((ThriftMessageType)(version & 0xFF), method, sequenceId);
    }

    /// <summary>Reads a method's name after its length.</summary>
    /// <exception cref="ThriftProtocolException">The name is empty, or leaves the message.</exception>
    internal static ReadOnlySpan<byte> ReadName(scoped ref SequenceReader<byte> reader, int length)
    {
        if (length <= 0 || length > reader.Remaining)
        {
            throw InvalidName(length, reader.Remaining);
        }

        ReadOnlySpan<byte> rest = reader.UnreadSpan;
        ReadOnlySpan<byte> name = rest.Length >= length ? rest[..length] : reader.UnreadSequence.Slice(0, length).ToArray();
        reader.Advance(length);
        return name;
    }

    internal static ThriftProtocolException Truncated(long offset) => new("the Thrift message ends inside its envelope.", offset);

    private static ThriftProtocolException InvalidName(int length, long remaining) => new(
        length == 0 ? "the Thrift message has no method name." : $"invalid method name length[{length}]: {remaining} bytes follow.", 4);
}
