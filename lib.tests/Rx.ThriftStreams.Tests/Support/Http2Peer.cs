using System.Buffers.Binary;
using System.Net.Sockets;
using Rx.ThriftStreams.Tests.Recordings;

namespace Rx.ThriftStreams.Tests.Support;

/// <summary>One end of an HTTP/2 connection that a script drives: it answers SETTINGS and PING, and keeps what came.</summary>
internal sealed class Http2Peer : IAsyncDisposable
{
    private readonly Stream _stream;
    private readonly Arrivals<Http2Decoder> _received;
    private readonly SemaphoreSlim _writing = new(1);
    private readonly Dictionary<int, long> _windows = [];
    private readonly Task _reading;
    private int _handled;
    private long _initialWindow = 65535;

    /// <param name="stream">The connection.</param>
    /// <param name="isServer">Whether this is the server's end.</param>
    /// <param name="greeting">What goes out before any answer: an end must begin with its own SETTINGS.</param>
    internal Http2Peer(Stream stream, bool isServer, byte[] greeting)
    {
        _stream = stream;
        _received = new(new Http2Decoder(fromClient: isServer));
        _reading = ReadAsync(greeting);
    }

    internal static async Task<Http2Peer> ConnectAsync(System.Net.IPEndPoint endpoint, byte[] greeting)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(endpoint);
        return new Http2Peer(new NetworkStream(socket, ownsSocket: true), isServer: false, greeting);
    }

    internal async Task SendAsync(byte[] bytes)
    {
        await _writing.WaitAsync();
        try
        {
            await _stream.WriteAsync(bytes);
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>Sends DATA when the other side's window of the stream has room for it.</summary>
    internal async Task SendDataAsync(int stream, bool end, byte[] payload)
    {
        await WaitAsync(_ => _windows.GetValueOrDefault(stream) + _initialWindow >= payload.Length, $"room for {payload.Length} bytes");
        _received.Read(_ => _windows[stream] = _windows.GetValueOrDefault(stream) - payload.Length);

        await SendAsync(Http2Wire.Frame(Http2FrameType.Data, (byte)(end ? 1 : 0), stream, payload));
    }

    /// <summary>Waits for something to have come, or for the connection to end.</summary>
    internal async Task WaitForEndAsync(Func<Http2Decoder, bool> condition, string what)
    {
        try
        {
            await WaitAsync(condition, what);
        }
        catch (IOException)
        {
            // A client that closes its connection resets what is left on it, said or not.
        }
    }

    /// <summary>Waits for something to have come.</summary>
    internal Task WaitAsync(Func<Http2Decoder, bool> condition, string what) => _received.WaitAsync(condition, what);

    /// <summary>Reads what has come.</summary>
    internal T Read<T>(Func<Http2Decoder, T> read) => _received.Read(read);

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        await _reading;
        _writing.Dispose();
    }

    private async Task ReadAsync(byte[] greeting)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            await SendAsync(greeting);
            while (await _stream.ReadAsync(buffer) is var count and > 0)
            {
                List<Http2Frame> fresh = [];
                _received.Add(received =>
                {
                    received.Append(buffer.AsSpan(0, count));
                    fresh = [.. received.Frames.Skip(_handled)];
                    _handled = received.Frames.Count;
                    fresh.ForEach(CountWindow);
                });

                foreach (var frame in fresh.Where(frame => frame.Type is Http2FrameType.Settings or Http2FrameType.Ping && !frame.HasFlag1))
                {
                    await SendAsync(Http2Wire.Frame(frame.Type, 1, 0, frame.Type == Http2FrameType.Ping ? frame.Payload : []));
                }
            }
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException)
        {
            // The end of the connection is told below.
        }

        _received.Close();
    }

    private void CountWindow(Http2Frame frame)
    {
        if (frame.Type == Http2FrameType.WindowUpdate)
        {
            _windows[frame.StreamId] = _windows.GetValueOrDefault(frame.StreamId) + BinaryPrimitives.ReadInt32BigEndian(frame.Payload);
        }
        else if (frame is { Type: Http2FrameType.Settings, HasFlag1: false })
        {
            for (var at = 0; at < frame.Payload.Length; at += 6)
            {
                const int InitialWindowSize = 4;
                if (BinaryPrimitives.ReadUInt16BigEndian(frame.Payload.AsSpan(at)) == InitialWindowSize)
                {
                    _initialWindow = BinaryPrimitives.ReadUInt32BigEndian(frame.Payload.AsSpan(at + 2));
                }
            }
        }
    }
}
