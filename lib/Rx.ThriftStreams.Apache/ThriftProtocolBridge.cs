using Rx.ThriftStreams.Serialization;
using Thrift.Protocol;

namespace Rx.ThriftStreams.Apache;

/// <summary>Reads and writes this library's types over any protocol of Apache Thrift: Binary, Compact, JSON, multiplexed ones, a user's own.</summary>
/// <remarks>
/// Apache's protocols are asynchronous by the field and this library's codec by the message, so a message passes through a
/// pooled buffer: nothing blocks, and a value is read only when all of it has come.
/// </remarks>
public static class ThriftProtocolBridge
{
    /// <summary>Writes a value as a struct, as the <c>WriteAsync</c> of an Apache-generated type does. The transport is not flushed.</summary>
    /// <param name="value">What to write.</param>
    /// <param name="protocol">Where to write.</param>
    /// <param name="cancellationToken">Handed to the protocol. A message that was cancelled half-way leaves the transport unusable.</param>
    /// <exception cref="ThriftProtocolException">The value is nested deeper than 64 levels.</exception>
    public static async Task WriteAsync<T>(T value, TProtocol protocol, CancellationToken cancellationToken = default)
        where T : IThriftStruct<T>
    {
        ArgumentNullException.ThrowIfNull(value);
        ArgumentNullException.ThrowIfNull(protocol);
        using var buffer = new ThriftWriteBuffer();
        var binaries = new Queue<int>();
        var writer = new ThriftWriter(buffer) { BinaryPositions = binaries };
        value.Write(ref writer);
        writer.Flush();
        await new ToApache(buffer.WrittenMemory, binaries, protocol).WriteStructAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reads a value that was written as a struct, as the <c>ReadAsync</c> of an Apache-generated type does.</summary>
    /// <param name="protocol">Where to read.</param>
    /// <param name="limits">What to accept; <see cref="ThriftReaderLimits.Default"/> if <see langword="null"/>. The transport's own configuration applies as well.</param>
    /// <param name="cancellationToken">Handed to the protocol. A message that was cancelled half-way leaves the transport unusable.</param>
    /// <returns>The value, once all of it has been read.</returns>
    /// <exception cref="ThriftProtocolException">The message is not a value of this type.</exception>
    /// <exception cref="Thrift.TException">The protocol or its transport failed.</exception>
    public static async Task<T> ReadAsync<T>(TProtocol protocol, ThriftReaderLimits? limits = null, CancellationToken cancellationToken = default)
        where T : IThriftStruct<T>
    {
        ArgumentNullException.ThrowIfNull(protocol);
        using var buffer = new ThriftWriteBuffer();

        // JSON does not distinguish strings from binaries, only the schema does: the text is kept, and decoded when a binary is read.
        bool text = protocol is TJsonProtocol;
        await new FromApache(buffer, protocol, limits ?? ThriftReaderLimits.Default, text).ReadStructAsync(cancellationToken).ConfigureAwait(false);
        var reader = new ThriftReader(buffer.WrittenSpan, limits) { BinaryIsBase64 = text };
        return T.Read(ref reader);
    }
}
