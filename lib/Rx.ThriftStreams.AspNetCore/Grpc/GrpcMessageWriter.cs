using System.Buffers;
using System.IO.Compression;
using System.IO.Pipelines;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Transports.Grpc;

namespace Rx.ThriftStreams.AspNetCore.Grpc;

/// <summary>Encodes messages behind their gRPC prefix.</summary>
internal static class GrpcMessageWriter
{
    [ThreadStatic]
    private static ThriftWriteBuffer? _buffer;

    /// <summary>Writes one message; gives the size of its body. Nothing is written if encoding fails.</summary>
    internal static int Write<T>(T message, PipeWriter destination, bool gzip)
        where T : class, IThriftStruct<T>
    {
        ArgumentNullException.ThrowIfNull(message);
        var buffer = _buffer ??= new ThriftWriteBuffer();
        buffer.Reset();
        buffer.GetSpan(GrpcFrame.PrefixLength)[..GrpcFrame.PrefixLength].Clear();
        buffer.Advance(GrpcFrame.PrefixLength);
        var writer = new ThriftWriter(buffer);
        message.Write(ref writer);
        writer.Flush();
        if (gzip)
        {
            return WriteGzip(buffer.WrittenSpan[GrpcFrame.PrefixLength..], destination);
        }

        var size = buffer.Length - GrpcFrame.PrefixLength;
        GrpcFrame.WritePrefix(buffer.GetWrittenSpan(0, GrpcFrame.PrefixLength), size);
        destination.Write(buffer.WrittenSpan);
        return size;
    }

    private static int WriteGzip(ReadOnlySpan<byte> body, PipeWriter destination)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(body);
        }

        var bytes = compressed.GetBuffer().AsSpan(0, (int)compressed.Length);
        GrpcFrame.WritePrefix(destination.GetSpan(GrpcFrame.PrefixLength), bytes.Length, compressed: true);
        destination.Advance(GrpcFrame.PrefixLength);
        destination.Write(bytes);
        return bytes.Length;
    }
}
