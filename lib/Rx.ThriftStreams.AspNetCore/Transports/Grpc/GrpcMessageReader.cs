using System.Buffers;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Transports.Grpc;

namespace Rx.ThriftStreams.AspNetCore.Transports.Grpc;

/// <summary>Decompresses the body of a gRPC message, wherever it lies.</summary>
internal static class GrpcMessageReader
{
    /// <returns>The decompressed body, to be disposed.</returns>
    internal static ThriftWriteBuffer Inflate(in ReadOnlySequence<byte> body, GrpcDecompression decompression, MessageLimits limits)
    {
        var inflated = new ThriftWriteBuffer();
        try
        {
            decompression.Decompress(body.IsSingleSegment ? body.First : body.ToArray(), inflated, limits);
            return inflated;
        }
        catch
        {
            inflated.Dispose();
            throw;
        }
    }
}
