using System.Net;
using System.Net.Sockets;
using Rx.ThriftStreams.Tests.Recordings;

namespace Rx.ThriftStreams.Tests.Conformance;

/// <summary>Answers a client as the recorded Kitex server did: each frame when as many messages have come as had come then.</summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private readonly Recording _recording;
    private readonly Action _clientShouldCancel;
    private readonly Socket _listener = new(SocketType.Stream, ProtocolType.Tcp);
    private readonly List<Http2Peer> _peers = [];
    private readonly Task _serving;

    internal ScriptedServer(Recording recording, Action clientShouldCancel)
    {
        _recording = recording;
        _clientShouldCancel = clientShouldCancel;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        _serving = recording.IsHttp2 ? ServeAsync()
            : recording.IsFrameStream() ? FrameReplay.AnswerAsync(recording, _listener, clientShouldCancel)
            : CallReplay.AnswerAsync(recording, _listener);
    }

    internal string Address => $"127.0.0.1:{((IPEndPoint)_listener.LocalEndPoint!).Port}";

    /// <summary>Waits for the script's end; fails as it did.</summary>
    internal Task Completion => _serving;

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        foreach (var peer in _peers)
        {
            await peer.DisposeAsync();
        }

        await _serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task ServeAsync()
    {
        var calls = new Queue<IReadOnlyList<ScriptStep>>(_recording.Connections.SelectMany(connection => ScriptStep.CallsOf(_recording, connection)));
        var socket = await _listener.AcceptAsync();
        socket.NoDelay = true;
        byte[] greeting = [.. Http2Wire.Frame(Http2FrameType.Settings, 0, 0, []), .. Http2Wire.WindowUpdate(0, 1 << 28)];
        var peer = new Http2Peer(new NetworkStream(socket, ownsSocket: true), isServer: true, greeting);
        _peers.Add(peer);
        for (var call = 0; calls.Count > 0; call++)
        {
            var number = call;
            var steps = calls.Dequeue();
            await peer.WaitAsync(received => StreamsOf(received).Count > number, $"call {number}");
            var stream = peer.Read(received => StreamsOf(received)[number]);
            await peer.SendAsync(Http2Wire.WindowUpdate(stream, 1 << 28));
            foreach (var step in steps)
            {
                await PlayAsync(peer, stream, step);
            }
        }
    }

    private async Task PlayAsync(Http2Peer peer, int stream, ScriptStep step)
    {
        if (step.Frame is null)
        {
            await peer.WaitAsync(received => received.MessagesOf(stream).Count >= step.Messages, $"{step.Messages} messages");
            _clientShouldCancel();
            await peer.WaitForEndAsync(received => IsReset(received, stream), "the reset of the call");
            return;
        }

        await peer.WaitAsync(
            received => (received.MessagesOf(stream).Count >= step.Messages && (!step.Ended || IsEnded(received, stream))) || IsReset(received, stream),
            $"{step.Messages} messages{(step.Ended ? " and their end" : string.Empty)}");
        switch (step.Frame.Type)
        {
            case Http2FrameType.Headers or Http2FrameType.Continuation:
                await peer.SendAsync(Http2Wire.Headers(stream, step.EndStream, step.Frame.Headers!));
                break;
            case Http2FrameType.Data:
                await peer.SendDataAsync(stream, step.EndStream, step.Frame.Content.ToArray());
                break;
            default:
                await peer.SendAsync(Http2Wire.Frame(step.Frame with { StreamId = step.Frame.StreamId == 0 ? 0 : stream }));
                break;
        }
    }

    private static List<int> StreamsOf(Http2Decoder received)
        => [.. received.Frames.Where(frame => frame.Headers is not null).Select(frame => frame.StreamId).Distinct()];

    private static bool IsEnded(Http2Decoder received, int stream) => StreamAnswer.EndsStream(received.Frames.Where(frame => frame.StreamId == stream));

    private static bool IsReset(Http2Decoder received, int stream)
        => received.Frames.Any(frame => frame.StreamId == stream && frame.Type == Http2FrameType.RstStream);
}
