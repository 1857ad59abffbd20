using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Rx.ThriftStreams.Tests.Recordings;

namespace Rx.ThriftStreams.Tests.Support;

/// <summary>A client that writes frames as a test says, and takes them as they come: it shows what other clients only act upon.</summary>
internal sealed class RawHttp2Client : IDisposable
{
    private readonly TcpClient _tcp = new() { NoDelay = true };

    /// <summary>The code and the text of the first GOAWAY that was received.</summary>
    public (uint Code, string Text)? GoAway { get; private set; }

    /// <summary>Connects, and exchanges settings.</summary>
    public static async Task<RawHttp2Client> ConnectAsync(IPEndPoint server)
    {
        var client = new RawHttp2Client();
        await client._tcp.ConnectAsync(server);
        await client.SendAsync([.. Http2Wire.Preface, .. Http2Wire.Frame(Http2FrameType.Settings, 0, 0, [])]);
        return client;
    }

    /// <summary>A request of EchoPingPong with that text: whole, or without its end.</summary>
    public Task CallAsync(int stream, string text, params (string Name, string Value)[] more)
    {
        byte[] body = [0x0c, 0, 1, 0x0b, 0, 1, 0, 0, 0, (byte)text.Length, .. System.Text.Encoding.ASCII.GetBytes(text), 0, 0];
        return SendAsync([
            .. Http2Wire.Headers(
                stream,
                endStream: false,
                [
                    (":method", "POST"),
                    (":scheme", "http"),
                    (":path", "/echo.TestService/EchoPingPong"),
                    (":authority", "test"),
                    ("content-type", "application/grpc+thrift"),
                    ("te", "trailers"),
                    .. more,
                ]),
            .. Http2Wire.Frame(Http2FrameType.Data, 1, stream, [0, 0, 0, 0, (byte)body.Length, .. body]),
        ]);
    }

    public Task SendAsync(byte[] bytes) => _tcp.GetStream().WriteAsync(bytes, TestContext.Current.CancellationToken).AsTask();

    /// <summary>The next frame that is neither SETTINGS, PING nor WINDOW_UPDATE; <see langword="null"/> at the end of the connection. GOAWAY shows its last stream, RST_STREAM its code.</summary>
    public async Task<(Http2FrameType Type, int Stream, bool Ends, long Value)?> ReadAsync()
    {
        while (true)
        {
            var head = new byte[9];
            try
            {
                if (await _tcp.GetStream().ReadAtLeastAsync(head, 9, throwOnEndOfStream: false, TestContext.Current.CancellationToken).AsTask().Soon() < 9)
                {
                    return null;
                }
            }
            catch (IOException)
            {
                return null;
            }

            var payload = new byte[head[0] << 16 | head[1] << 8 | head[2]];
            await _tcp.GetStream().ReadExactlyAsync(payload, TestContext.Current.CancellationToken).AsTask().Soon();
            var type = (Http2FrameType)head[3];
            switch (type)
            {
                case Http2FrameType.Settings or Http2FrameType.Ping or Http2FrameType.WindowUpdate:
                    continue;

                default:
                    if (type == Http2FrameType.GoAway)
                    {
                        GoAway ??= (BinaryPrimitives.ReadUInt32BigEndian(payload.AsSpan(4)), System.Text.Encoding.ASCII.GetString(payload.AsSpan(8)));
                    }

                    var value = type is Http2FrameType.GoAway or Http2FrameType.RstStream ? BinaryPrimitives.ReadUInt32BigEndian(payload) : 0;
                    return (type, BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(5)), type is Http2FrameType.Headers or Http2FrameType.Data && (head[4] & 1) != 0, value);
            }
        }
    }

    public void Dispose() => _tcp.Dispose();
}
