using System.Net;
using Rx.ThriftStreams.Tests.Recordings;

namespace Rx.ThriftStreams.Tests.Conformance;

/// <summary>Gives a server what a Kitex client sent, frame by frame, each when the recorded client had received what it waited for.</summary>
internal static class GrpcServerReplay
{
    internal static async Task<(string Expected, string Actual)> RunAsync(Recording recording, IPEndPoint server)
    {
        var expected = new List<string>();
        var actual = new List<string>();
        foreach (var connection in recording.Connections)
        {
            var fromClient = Http2Decoder.Decode(connection.ClientToServer, fromClient: true);
            var fromServer = Http2Decoder.Decode(connection.ServerToClient, fromClient: false);
            await using var peer = await Http2Peer.ConnectAsync(server, Http2Wire.Preface);
            foreach (var step in StepsOf(recording, connection, fromClient, fromServer))
            {
                await step(peer);
            }

            foreach (var stream in fromClient.Frames.Where(frame => frame.Headers is not null).Select(frame => frame.StreamId).Distinct())
            {
                if (recording.Method != "Fire" && !fromClient.Frames.Any(frame => frame.StreamId == stream && frame.Type == Http2FrameType.RstStream))
                {
                    await peer.WaitAsync(received => IsOver(received, stream), "the answer's end");
                }

                expected.Add(StreamAnswer.Of(fromServer, stream).ToString());
                actual.Add(peer.Read(received => StreamAnswer.Of(received, stream)).ToString());
            }
        }

        return (string.Join('\n', expected), string.Join('\n', actual));
    }

    /// <summary>The order of both directions is known from the notes; of a connection without notes, the client's frames come first.</summary>
    private static IEnumerable<Func<Http2Peer, Task>> StepsOf(Recording recording, RecordedConnection connection, Http2Decoder fromClient, Http2Decoder fromServer)
    {
        var directions = ReferenceEquals(connection, recording.Noted)
            ? recording.Notes.Where(note => note.Kind != "PREFACE").Select(note => note.FromClient)
            : [.. Enumerable.Repeat(true, fromClient.Frames.Count), .. Enumerable.Repeat(false, fromServer.Frames.Count)];
        var clientAt = 0;
        var soFar = new List<Http2Frame>();
        foreach (var isClient in directions)
        {
            if (isClient)
            {
                var frame = fromClient.Frames[clientAt++];
                if (IsForServer(frame))
                {
                    yield return peer => SendAsync(peer, frame);
                    if (frame.Type == Http2FrameType.Settings)
                    {
                        yield return peer => peer.SendAsync(Http2Wire.WindowUpdate(0, 1 << 28));
                    }
                }
            }
            else
            {
                var frame = fromServer.Frames[soFar.Count];
                soFar.Add(frame);
                if (frame.Type is not (Http2FrameType.Data or Http2FrameType.Headers or Http2FrameType.Continuation))
                {
                    continue;
                }

                var stream = frame.StreamId;
                var messages = CountMessages(soFar, stream);
                var ended = StreamAnswer.EndsStream(soFar.Where(other => other.StreamId == stream));
                yield return peer => peer.WaitAsync(
                    received => received.MessagesOf(stream).Count >= messages && (!ended || IsOver(received, stream)) || IsOver(received, stream),
                    $"{messages} messages{(ended ? " and the end" : string.Empty)} on stream {stream}");
            }
        }
    }

    private static bool IsOver(Http2Decoder received, int stream)
        => received.Frames.Any(frame => frame.StreamId == stream && frame.Type == Http2FrameType.RstStream)
            || (received.HeadersOf(stream).Count > 0 && StreamAnswer.EndsStream(received.Frames.Where(frame => frame.StreamId == stream)));

    private static int CountMessages(List<Http2Frame> frames, int stream)
    {
        var decoder = new Http2Decoder(fromClient: false);
        foreach (var frame in frames.Where(frame => frame.StreamId == stream && frame.Type == Http2FrameType.Data))
        {
            decoder.Append(Http2Wire.Frame(frame));
        }

        return decoder.MessagesOf(stream).Count;
    }

    /// <summary>Answers to the recorded server's own SETTINGS and PING would answer nothing here.</summary>
    private static bool IsForServer(Http2Frame frame)
        => frame.Type is not Http2FrameType.GoAway && !(frame.Type is Http2FrameType.Settings or Http2FrameType.Ping && frame.HasFlag1);

    private static async Task SendAsync(Http2Peer peer, Http2Frame frame)
    {
        await peer.SendAsync(Http2Wire.Frame(frame));
        if (frame.Type == Http2FrameType.Headers)
        {
            // The recorded window grew as the recorded client read; here there is room from the start.
            await peer.SendAsync(Http2Wire.WindowUpdate(frame.StreamId, 1 << 28));
        }
    }
}
