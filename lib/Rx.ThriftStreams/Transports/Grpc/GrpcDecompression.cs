using System.IO.Compression;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Transports.Grpc;

/// <summary>Decompresses messages according to the peer's <c>grpc-encoding</c>. Only gzip is supported, as in Kitex.</summary>
internal sealed class GrpcDecompression
{
    private const int ChunkSize = 4096;
    private const string Identity = "identity";
    private const string Gzip = "gzip";

    private static readonly GrpcDecompression None = new(null);
    private static readonly GrpcDecompression GzipInstance = new(Gzip);

    private readonly string? _name;

    private GrpcDecompression(string? name) => _name = name;

    internal static GrpcDecompression For(string? encoding) => encoding switch
    {
        null or "" or Identity => None,
        Gzip => GzipInstance,
        _ => new(encoding),
    };

    /// <summary>Whether the name is a supported compression, or means no compression.</summary>
    internal bool IsKnown => _name is null or Gzip;

    internal string Name => _name ?? Identity;

    /// <summary>Throws if the peer did not name a compression, and therefore must not mark messages as compressed.</summary>
    internal void CheckNamed()
    {
        if (_name is null)
        {
            throw new ThriftProtocolException("A message is marked as compressed, but the peer did not name a compression.");
        }
    }

    /// <summary>Appends the decompressed message to <paramref name="destination"/>; stops where it grows beyond the limits of size and ratio.</summary>
    /// <exception cref="ThriftStatusException">It is larger than allowed, in total or relative to its compressed size, or its compression is unknown.</exception>
    /// <exception cref="ThriftProtocolException">It cannot be decompressed.</exception>
    internal void Decompress(ReadOnlyMemory<byte> message, ThriftWriteBuffer destination, MessageLimits limits)
    {
        CheckNamed();
        if (!IsKnown)
        {
            throw new ThriftStatusException(ThriftStatusCode.Internal, $"The compression \"{_name}\" is not supported. gzip is.");
        }

        using var compressed = new ReadOnlyMemoryStream(message);
        using var gzip = new GZipStream(compressed, CompressionMode.Decompress);
        var left = limits.DecompressedSize(message.Length);
        try
        {
            while (true)
            {
                // Room for one more byte than is allowed, which shows that there is too much.
                var span = destination.GetSpan(Math.Min(ChunkSize, left) + 1);
                var read = gzip.Read(span[..(int)Math.Min(span.Length, left + 1L)]);
                if (read == 0)
                {
                    return;
                }

                if (read > left)
                {
                    throw limits.DecompressesToMore(message.Length);
                }

                destination.Advance(read);
                left -= read;
            }
        }
        catch (InvalidDataException error)
        {
            throw new ThriftProtocolException("A message cannot be decompressed as gzip.", innerException: error);
        }
    }
}
