using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Wire;

/// <summary>The body of an EXCEPTION message: the struct <c>{1: string message, 2: i32 type}</c>.</summary>
internal static class ApplicationExceptionCodec
{
    // Field header and length of the message, field header and value of the type, stop.
    private const int FixedSize = 3 + 4 + 3 + 4 + 1;

    /// <summary>The size of a body in bytes.</summary>
    public static int GetLength(string message) => FixedSize + Encoding.UTF8.GetByteCount(message);

    /// <summary>Appends a whole EXCEPTION message, envelope and body.</summary>
    public static void WriteMessage(IBufferWriter<byte> output, string method, int sequenceId, ApplicationErrorType type, string message)
    {
        ThriftMessageEnvelope.Write(output, ThriftMessageType.Exception, method, sequenceId);
        Write(output, type, message);
    }

    /// <summary>The size of what <see cref="WriteMessage"/> appends.</summary>
    public static int GetMessageLength(string method, string message) => ThriftMessageEnvelope.GetLength(method) + GetLength(message);

    /// <summary>Appends a body.</summary>
    public static void Write(IBufferWriter<byte> output, ApplicationErrorType type, string message)
    {
        int textLength = Encoding.UTF8.GetByteCount(message);
        Span<byte> span = output.GetSpan(FixedSize + textLength);
        span[0] = (byte)ThriftType.String;
        BinaryPrimitives.WriteInt16BigEndian(span[1..], 1);
        BinaryPrimitives.WriteInt32BigEndian(span[3..], textLength);
        _ = Encoding.UTF8.GetBytes(message, span[7..]);
        Span<byte> rest = span[(7 + textLength)..];
        rest[0] = (byte)ThriftType.I32;
        BinaryPrimitives.WriteInt16BigEndian(rest[1..], 2);
        BinaryPrimitives.WriteInt32BigEndian(rest[3..], (int)type);
        rest[7] = (byte)ThriftType.Stop;
        output.Advance(FixedSize + textLength);
    }

    /// <summary>Reads a body.</summary>
    /// <exception cref="ThriftProtocolException">The bytes are not a struct.</exception>
    public static ApplicationError Read(in ReadOnlySequence<byte> body) => ThriftSerializer.Deserialize<ApplicationError>(body);
}
