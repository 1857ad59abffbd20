using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using Rx.ThriftStreams.Tests.Recordings;

namespace Rx.ThriftStreams.Tests.Support;

/// <summary>The answers of a gRPC server, written by hand.</summary>
internal static class GrpcWire
{
    internal static async Task<Http2Peer> AcceptAsync(TcpListener listener)
    {
        var socket = await listener.AcceptSocketAsync(TestContext.Current.CancellationToken).Soon();
        return new Http2Peer(new NetworkStream(socket, ownsSocket: true), isServer: true, Http2Wire.Frame(Http2FrameType.Settings, 0, 0, []));
    }

    internal static byte[] AnswerHeaders(int stream)
        => Http2Wire.Headers(stream, endStream: false, [(":status", "200"), ("content-type", "application/grpc+thrift")]);

    internal static byte[] Message(int stream, byte[] message)
    {
        var data = new byte[5 + message.Length];
        BinaryPrimitives.WriteInt32BigEndian(data.AsSpan(1), message.Length);
        message.CopyTo(data, 5);
        return Http2Wire.Frame(Http2FrameType.Data, 0, stream, data);
    }

    /// <summary>A response in Thrift's binary protocol: field 1 is the text.</summary>
    internal static byte[] Struct(string text) => [11, 0, 1, 0, 0, 0, (byte)text.Length, .. Encoding.ASCII.GetBytes(text), 0];

    internal static byte[] Reset(int stream, uint code)
    {
        var payload = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(payload, code);
        return Http2Wire.Frame(Http2FrameType.RstStream, 0, stream, payload);
    }
}
