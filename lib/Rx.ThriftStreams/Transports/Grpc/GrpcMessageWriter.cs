using System.Buffers;
using System.IO.Compression;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Transports.Grpc;

/// <summary>Encodes messages after their gRPC prefix.</summary>
internal static class GrpcMessageWriter
{
    /// <summary>Appends one message, and returns the size of its body before compression. Nothing is appended if encoding fails.</summary>
    internal static int Write<T>(T message, ThriftWriteBuffer destination, bool gzip)
        where T : class, IThriftStruct<T>
    {
        ArgumentNullException.ThrowIfNull(message);
        var start = destination.Skip(GrpcFrame.PrefixLength);
        try
        {
            var writer = new ThriftWriter(destination);
            message.Write(ref writer);
            writer.Flush();
            var size = destination.Length - start - GrpcFrame.PrefixLength;
            if (gzip)
            {
                Compress(destination, start + GrpcFrame.PrefixLength);
            }

            GrpcFrame.WritePrefix(
                destination.GetWrittenSpan(start, GrpcFrame.PrefixLength), destination.Length - start - GrpcFrame.PrefixLength, compressed: gzip);
            return size;
        }
        catch
        {
            destination.Truncate(start);
            throw;
        }
    }

    /// <summary>The same for another kind of memory, which is written only when the message is complete.</summary>
    internal static int Write<T>(T message, IBufferWriter<byte> destination, bool gzip)
        where T : class, IThriftStruct<T>
    {
        using var rented = PerThread<ThriftWriteBuffer>.Rent();
        var size = Write(message, rented.Value, gzip);
        destination.Write(rented.Value.WrittenSpan);
        return size;
    }

    private static void Compress(ThriftWriteBuffer buffer, int start)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(buffer.WrittenSpan[start..]);
        }

        buffer.Truncate(start);
        buffer.Write(compressed.GetBuffer().AsSpan(0, (int)compressed.Length));
    }
}
