using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.AspNetCore.Health;

/// <summary>The messages of <see cref="HealthProtocol"/> as a server reads and writes them, each with the prefix of gRPC.</summary>
internal static class HealthWire
{
    /// <summary>The longest request that is read: more than any service name needs.</summary>
    internal const int MaxRequest = 4096;

    private const int PrefixLength = 5;

    /// <summary>Reads a request. Fields of later versions are skipped.</summary>
    /// <param name="body">The whole body.</param>
    /// <param name="service">The name of the service; empty for the server.</param>
    /// <returns><see langword="false"/> if it is not a request, or a compressed one.</returns>
    internal static bool TryRead(in ReadOnlySequence<byte> body, out string service)
    {
        service = string.Empty;
        if (body.Length is < PrefixLength or > MaxRequest)
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[MaxRequest];
        bytes = bytes[..(int)body.Length];
        body.CopyTo(bytes);
        if (bytes[0] != 0 || BinaryPrimitives.ReadUInt32BigEndian(bytes[1..]) != body.Length - PrefixLength)
        {
            return false;
        }

        ReadOnlySpan<byte> message = bytes[PrefixLength..];
        while (!message.IsEmpty)
        {
            if (!ProtobufFields.TryRead(ref message, out var tag, out var content, out _))
            {
                return false;
            }

            if (tag == HealthProtocol.ServiceTag)
            {
                service = Encoding.UTF8.GetString(content);
            }
        }

        return true;
    }

    /// <summary>Writes a response.</summary>
    internal static void Write(IBufferWriter<byte> output, ServingStatus status)
    {
        ReadOnlySpan<byte> message = [0, 0, 0, 0, 2, HealthProtocol.StatusTag, (byte)status];
        output.Write(message);
    }
}
