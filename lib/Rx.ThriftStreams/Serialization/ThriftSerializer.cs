using System.Buffers;

namespace Rx.ThriftStreams.Serialization;

/// <summary>Converts Thrift values to bytes and back, outside of any call: for files, caches, queues and tests.</summary>
public static class ThriftSerializer
{
    /// <summary>Serializes a value to <paramref name="destination"/>. On an error nothing is written.</summary>
    /// <exception cref="ThriftProtocolException">The value is nested deeper than 64 structs.</exception>
    public static void Serialize<T>(T value, IBufferWriter<byte> destination, ThriftProtocol protocol = ThriftProtocol.Binary)
        where T : IThriftStruct<T>
    {
        ArgumentNullException.ThrowIfNull(value);
        ArgumentNullException.ThrowIfNull(destination);
        if (destination is ThriftWriteBuffer own)
        {
            Write(value, own, protocol);
            return;
        }

        using var rented = PerThread<ThriftWriteBuffer>.Rent();
        Write(value, rented.Value, protocol);
        destination.Write(rented.Value.WrittenSpan);
    }

    /// <summary>Serializes a value to a new array.</summary>
    /// <exception cref="ThriftProtocolException">The value is nested deeper than 64 structs.</exception>
    public static byte[] SerializeToArray<T>(T value, ThriftProtocol protocol = ThriftProtocol.Binary)
        where T : IThriftStruct<T>
    {
        ArgumentNullException.ThrowIfNull(value);
        using var rented = PerThread<ThriftWriteBuffer>.Rent();
        Write(value, rented.Value, protocol);
        return rented.Value.WrittenSpan.ToArray();
    }

    /// <summary>Reads a value. Bytes after it are ignored.</summary>
    /// <param name="data">The bytes, from the value's first field on.</param>
    /// <param name="protocol">The protocol of the bytes.</param>
    /// <param name="limits">What to accept; <see cref="ThriftReaderLimits.Default"/> if <see langword="null"/>.</param>
    /// <param name="cancellationToken">Ends the reading of a long message.</param>
    /// <exception cref="ThriftProtocolException">The bytes are not a value of this type, or exceed a limit.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static T Deserialize<T>(ReadOnlySpan<byte> data, ThriftProtocol protocol = ThriftProtocol.Binary, ThriftReaderLimits? limits = null, CancellationToken cancellationToken = default)
        where T : IThriftStruct<T>
        => Deserialize<T>(data, out _, protocol, limits, cancellationToken);

    /// <summary>Reads a value and returns where it ended.</summary>
    /// <param name="data">The bytes, from the value's first field on.</param>
    /// <param name="consumed">How many of them the value took.</param>
    /// <param name="protocol">The protocol of the bytes.</param>
    /// <param name="limits">What to accept; <see cref="ThriftReaderLimits.Default"/> if <see langword="null"/>.</param>
    /// <param name="cancellationToken">Ends the reading of a long message.</param>
    /// <exception cref="ThriftProtocolException">The bytes are not a value of this type, or exceed a limit.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static T Deserialize<T>(ReadOnlySpan<byte> data, out int consumed, ThriftProtocol protocol = ThriftProtocol.Binary, ThriftReaderLimits? limits = null, CancellationToken cancellationToken = default)
        where T : IThriftStruct<T>
    {
        switch (protocol)
        {
            case ThriftProtocol.Binary:
                var binary = new ThriftReader(data, limits, cancellationToken);
                T fromBinary = T.Read(ref binary);
                consumed = binary.Consumed;
                return fromBinary;

            case ThriftProtocol.Compact:
                var compact = new ThriftCompactReader(data, limits, cancellationToken);
                T fromCompact = T.Read(ref compact);
                consumed = compact.Consumed;
                return fromCompact;

            case ThriftProtocol.Json:
                var json = new ThriftJsonReader(data, limits, cancellationToken);
                T fromJson = T.Read(ref json);
                consumed = json.Consumed;
                return fromJson;

            default:
                throw UnknownProtocol(protocol);
        }
    }

    /// <summary>Reads a value from a sequence; several segments are first joined in a pooled buffer.</summary>
    /// <param name="data">The bytes, from the value's first field on.</param>
    /// <param name="protocol">The protocol of the bytes.</param>
    /// <param name="limits">What to accept; <see cref="ThriftReaderLimits.Default"/> if <see langword="null"/>.</param>
    /// <param name="cancellationToken">Ends the reading of a long message.</param>
    /// <exception cref="ThriftProtocolException">The bytes are not a value of this type, or exceed a limit.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The sequence is longer than 2 GB.</exception>
    public static T Deserialize<T>(in ReadOnlySequence<byte> data, ThriftProtocol protocol = ThriftProtocol.Binary, ThriftReaderLimits? limits = null, CancellationToken cancellationToken = default)
        where T : IThriftStruct<T>
    {
        if (data.IsSingleSegment)
        {
            return Deserialize<T>(data.FirstSpan, out _, protocol, limits, cancellationToken);
        }

        ArgumentOutOfRangeException.ThrowIfGreaterThan(data.Length, Array.MaxLength, nameof(data));
        int length = (int)data.Length;
        byte[]? joined = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            data.CopyTo(joined);
            return Deserialize<T>(joined.AsSpan(0, length), ref joined, protocol, limits, cancellationToken);
        }
        finally
        {
            if (joined is not null)
            {
                ArrayPool<byte>.Shared.Return(joined);
            }
        }
    }

    /// <summary>Reads a value from an array of the shared pool, which it may keep.</summary>
    /// <param name="data">The bytes, from the value's first field on.</param>
    /// <param name="rented">The array that they are in; afterwards <see langword="null"/> if the value keeps it. <see langword="null"/> before if they may not be kept.</param>
    /// <param name="protocol">The protocol of the bytes.</param>
    /// <param name="limits">What to accept.</param>
    /// <param name="cancellationToken">Ends the reading of a long message.</param>
    internal static T Deserialize<T>(ReadOnlySpan<byte> data, ref byte[]? rented, ThriftProtocol protocol, ThriftReaderLimits? limits, CancellationToken cancellationToken)
        where T : IThriftStruct<T>
    {
        if (protocol != ThriftProtocol.Binary)
        {
            return Deserialize<T>(data, out _, protocol, limits, cancellationToken);
        }

        var reader = new ThriftReader(data, ref rented, limits, cancellationToken);
        return T.Read(ref reader);
    }

    private static void Write<T>(T value, ThriftWriteBuffer buffer, ThriftProtocol protocol)
        where T : IThriftStruct<T>
    {
        switch (protocol)
        {
            case ThriftProtocol.Binary:
                var binary = new ThriftWriter(buffer);
                value.Write(ref binary);
                binary.Flush();
                break;

            case ThriftProtocol.Compact:
                var compact = new ThriftCompactWriter(buffer);
                value.Write(ref compact);
                compact.Flush();
                break;

            case ThriftProtocol.Json:
                var json = new ThriftJsonWriter(buffer);
                value.Write(ref json);
                json.Flush();
                break;

            default:
                throw UnknownProtocol(protocol);
        }
    }

    private static ArgumentOutOfRangeException UnknownProtocol(ThriftProtocol protocol)
        => new(nameof(protocol), $"{(int)protocol} is not one of the protocols {string.Join(", ", Enum.GetNames<ThriftProtocol>())}.");
}
