using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Tests.Conformance;

/// <summary>A frame of TTHeader Streaming as it stood on the wire, and what it says.</summary>
internal sealed record WireFrame(byte[] Bytes, SeenFrame Seen)
{
    private const int StreamIdAt = 8;

    /// <summary>All frames of one direction.</summary>
    internal static List<WireFrame> All(byte[] bytes)
    {
        var frames = new List<WireFrame>();
        for (var at = 0; at < bytes.Length;)
        {
            var length = 4 + BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(at));
            frames.Add(Parse(bytes.AsSpan(at, length).ToArray()));
            at += length;
        }

        return frames;
    }

    internal static WireFrame Parse(byte[] bytes)
    {
        var buffer = new ReadOnlySequence<byte>(bytes);
        if (!new TTHeaderFrameReader().TryRead(ref buffer, out var frame))
        {
            throw new FormatException("A frame is not whole.");
        }

        var pairs = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var pair in frame.StringPairs)
        {
            if (pair.Key.SequenceEqual(TTHeaderStringKeys.Status))
            {
                // A private pair, which no recording has.
                continue;
            }

            pairs[Encoding.UTF8.GetString(pair.Key)] = Encoding.UTF8.GetString(pair.Value);
        }

        return new WireFrame(bytes, new SeenFrame(frame.FrameType, frame.SequenceId, Encoding.UTF8.GetString(frame.ToMethod), pairs, frame.Payload.ToArray()));
    }

    /// <summary>The same frame on another stream.</summary>
    internal byte[] On(int stream)
    {
        var bytes = Bytes.ToArray();
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(StreamIdAt), stream);
        return bytes;
    }

    public override string ToString()
    {
        var pairs = string.Join(", ", Seen.Pairs.Select(pair => StreamAnswer.Pair(pair.Key, pair.Value)));
        var payload = Seen switch
        {
            { Payload.Length: 0 } => string.Empty,
            { Type: TTHeaderFrameType.Data } => StreamAnswer.CanonicalStruct(Seen.Payload),
            _ => $"exception {(int)Seen.Error.Type} {Seen.Error.Message}",
        };
        return $"{Seen.Type} {{{pairs}}} {payload}".TrimEnd();
    }
}

/// <summary>One end of a connection of TTHeader Streaming that a script drives.</summary>
internal sealed class FrameLink : IAsyncDisposable
{
    private readonly Stream _stream;
    private readonly Arrivals<List<WireFrame>> _received = new([]);
    private readonly Task _reading;

    internal FrameLink(Stream stream)
    {
        _stream = stream;
        _reading = ReadAsync();
    }

    internal static async Task<FrameLink> ConnectAsync(IPEndPoint endpoint)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(endpoint);
        return new FrameLink(new NetworkStream(socket, ownsSocket: true));
    }

    internal ValueTask SendAsync(byte[] frame) => _stream.WriteAsync(frame);

    internal IReadOnlyList<WireFrame> Received => _received.Read(static frames => frames.ToArray());

    internal Task WaitAsync(Func<IReadOnlyList<WireFrame>, bool> condition, string what) => _received.WaitAsync(condition, what);

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        await _reading;
    }

    private async Task ReadAsync()
    {
        var length = new byte[4];
        try
        {
            while (true)
            {
                await _stream.ReadExactlyAsync(length);
                var rest = new byte[BinaryPrimitives.ReadInt32BigEndian(length)];
                await _stream.ReadExactlyAsync(rest);
                var frame = WireFrame.Parse([.. length, .. rest]);
                _received.Add(frames => frames.Add(frame));
            }
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException)
        {
            // The end of the connection is told below.
        }

        _received.Close();
    }
}
