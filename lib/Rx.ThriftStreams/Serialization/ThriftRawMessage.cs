using System.Diagnostics;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams;

/// <summary>
/// A message of which only the bytes are known: a struct in the Binary protocol, from its first field to its stop. For proxies and tools, which pass on messages without their IDL.
/// </summary>
/// <remarks>
/// Of a method with <c>streaming.mode="client"</c>, <c>"server"</c> or <c>"bidirectional"</c> it is the request or the response itself; of any other it is the wrapper of the
/// arguments, with the first argument as field 1, or that of the result, with the result as field 0 and declared exceptions as further fields. What arrives in another
/// protocol is converted to Binary, and back on its way out. In JSON a binary is Base64 text, which without the IDL looks like any other text: it stays text. Immutable.
/// </remarks>
/// <param name="bytes">The bytes. They must not change.</param>
[DebuggerDisplay("{Bytes.Length} bytes")]
public sealed class ThriftRawMessage(ReadOnlyMemory<byte> bytes) : IThriftStruct<ThriftRawMessage>
{
    // Bytes that were read are one struct, and need not be walked again when they are written.
    private bool _isChecked;

    /// <summary>The bytes.</summary>
    public ReadOnlyMemory<byte> Bytes { get; } = bytes;

    /// <inheritdoc/>
    public static ThriftRawMessage Read<TReader>(ref TReader reader)
        where TReader : struct, IThriftReader, allows ref struct
        => new(RawStruct.Read(ref reader)) { _isChecked = true };

    /// <inheritdoc/>
    /// <exception cref="ThriftProtocolException">The bytes are not one struct.</exception>
    public void Write<TWriter>(ref TWriter writer)
        where TWriter : struct, IThriftWriter, allows ref struct
    {
        if (!_isChecked)
        {
            RawStruct.Check(Bytes.Span);
        }

        RawStruct.Write(Bytes.Span, ref writer);
    }
}
