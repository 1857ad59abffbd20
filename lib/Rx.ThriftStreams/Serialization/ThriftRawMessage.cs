using System.Diagnostics;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams;

/// <summary>
/// A message of which only the bytes are known: a struct in the Binary protocol, from its first field to its stop. For proxies and tools, which pass on messages without their IDL.
/// </summary>
/// <remarks>
/// Of a method with <c>streaming.mode="client"</c>, <c>"server"</c> or <c>"bidirectional"</c> it is the request or the response itself; of any other it is the wrapper of the
/// arguments, with the first argument as field 1, or that of the result, with the result as field 0 and declared exceptions as further fields. What arrives in another
/// protocol is converted to Binary, and back on its way out. Immutable.
/// </remarks>
/// <param name="bytes">The bytes. They must not change.</param>
[DebuggerDisplay("{Bytes.Length} bytes")]
public sealed class ThriftRawMessage(ReadOnlyMemory<byte> bytes) : IThriftStruct<ThriftRawMessage>
{
    /// <summary>The bytes.</summary>
    public ReadOnlyMemory<byte> Bytes { get; } = bytes;

    /// <inheritdoc/>
    public static ThriftRawMessage Read<TReader>(ref TReader reader)
        where TReader : struct, IThriftReader, allows ref struct
    {
        using var rented = PerThread<ThriftWriteBuffer>.Rent();
        var writer = new ThriftWriter(rented.Value);
        ThriftTranscoder.CopyStruct(ref reader, ref writer);
        writer.Flush();
        reader.ChargeMemory(rented.Value.Length);
        return new(rented.Value.WrittenSpan.ToArray());
    }

    /// <inheritdoc/>
    /// <exception cref="ThriftProtocolException">The bytes are not a struct.</exception>
    public void Write<TWriter>(ref TWriter writer)
        where TWriter : struct, IThriftWriter, allows ref struct
    {
        var reader = new ThriftReader(Bytes.Span);
        ThriftTranscoder.CopyStruct(ref reader, ref writer);
        if (reader.Consumed != Bytes.Length)
        {
            throw new ThriftProtocolException($"A raw message has {Bytes.Length} bytes, but its struct ends after {reader.Consumed}.");
        }
    }
}
