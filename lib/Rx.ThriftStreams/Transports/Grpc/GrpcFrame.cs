using System.Buffers.Binary;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Transports.Grpc;

/// <summary>gRPC's message prefix: one byte for whether the message is compressed, then its length, big-endian.</summary>
internal static class GrpcFrame
{
    /// <summary>The content type of requests and responses, as in Kitex.</summary>
    internal const string ContentType = "application/grpc+thrift";

    internal const int PrefixLength = 5;

    internal static void WritePrefix(Span<byte> destination, int length, bool compressed = false)
    {
        destination[0] = compressed ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteUInt32BigEndian(destination[1..], (uint)length);
    }

    /// <summary>Reads a prefix of <see cref="PrefixLength"/> bytes.</summary>
    /// <exception cref="ThriftProtocolException">The flag is neither 0 nor 1.</exception>
    /// <exception cref="ThriftStatusException">The message is larger than allowed.</exception>
    internal static int ReadPrefix(ReadOnlySpan<byte> prefix, MessageLimits limits, out bool compressed)
    {
        if (prefix[0] > 1)
        {
            throw new ThriftProtocolException($"A gRPC message begins with flag 0x{prefix[0]:X2}; only 0 and 1 are allowed.", 0);
        }

        compressed = prefix[0] == 1;
        var length = BinaryPrimitives.ReadUInt32BigEndian(prefix[1..]);
        return length <= (uint)limits.MaxSize ? (int)length : throw limits.TooLarge(length);
    }
}
