using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Rx.ThriftStreams.Tests.Support;

/// <summary>Bodies of gRPC requests and responses, right and wrong.</summary>
internal static class GrpcBody
{
    /// <summary>A response with the text "ok", as Thrift Binary.</summary>
    internal static readonly byte[] Ok = [11, 0, 1, 0, 0, 0, 2, (byte)'o', (byte)'k', 0];

    internal static byte[] Frame(byte[] body, byte flag = 0, int? length = null)
    {
        var frame = new byte[5 + body.Length];
        frame[0] = flag;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), length ?? body.Length);
        body.CopyTo(frame, 5);
        return frame;
    }

    internal static byte[] Gzip(byte[] body)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Optimal))
        {
            gzip.Write(body);
        }

        return compressed.ToArray();
    }

    internal static byte[] Message(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        byte[] head = [11, 0, 1, 0, 0, 0, 0];
        BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(3), bytes.Length);
        return [.. head, .. bytes, 0];
    }
}
