using System.Buffers;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Transports.Grpc;

namespace Rx.ThriftStreams.AspNetCore.Transports.Grpc;

/// <summary>Decodes the body of a gRPC message, wherever it lies.</summary>
internal static class GrpcMessageReader
{
    internal static (T Message, int Size) Read<T>(in ReadOnlySequence<byte> body, GrpcDecompression? decompression, int maxMessageSize)
        where T : class, IThriftStruct<T>
    {
        if (decompression is not null)
        {
            using var inflated = new ThriftWriteBuffer();
            decompression.Decompress(body.IsSingleSegment ? body.First : body.ToArray(), inflated, maxMessageSize);
            return (ThriftSerializer.Deserialize<T>(inflated.WrittenSpan), inflated.Length);
        }

        return (ThriftSerializer.Deserialize<T>(body), (int)body.Length);
    }
}
