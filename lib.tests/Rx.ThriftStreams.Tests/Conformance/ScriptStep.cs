using Rx.ThriftStreams.Tests.Recordings;

namespace Rx.ThriftStreams.Tests.Conformance;

/// <summary>One frame of a recorded HTTP/2 server, and what it had received of the call before. No frame: the client's reset is waited for.</summary>
internal sealed record ScriptStep(Http2Frame? Frame, bool EndStream, int Messages, bool Ended)
{
    /// <summary>The recorded server's frames of each call of a connection.</summary>
    internal static IEnumerable<IReadOnlyList<ScriptStep>> CallsOf(Recording recording, RecordedConnection connection)
    {
        var fromClient = Http2Decoder.Decode(connection.ClientToServer, fromClient: true);
        var fromServer = Http2Decoder.Decode(connection.ServerToClient, fromClient: false);
        IEnumerable<bool> directions = ReferenceEquals(connection, recording.Noted)
            ? recording.Notes.Where(note => note.Kind != "PREFACE").Select(note => note.FromClient)
            : [.. Enumerable.Repeat(true, fromClient.Frames.Count), .. Enumerable.Repeat(false, fromServer.Frames.Count)];
        var order = new List<(bool FromClient, Http2Frame Frame)>();
        var client = 0;
        var server = 0;
        foreach (var isClient in directions)
        {
            order.Add((isClient, isClient ? fromClient.Frames[client++] : fromServer.Frames[server++]));
        }

        return [.. fromClient.Frames.Where(frame => frame.Headers is not null).Select(frame => frame.StreamId).Distinct().Select(stream => StepsOf(order, stream))];
    }

    private static List<ScriptStep> StepsOf(List<(bool FromClient, Http2Frame Frame)> order, int stream)
    {
        var steps = new List<ScriptStep>();
        var received = new Http2Decoder(fromClient: false);
        var ended = false;
        var endsAtContinuation = false;
        foreach (var (isClient, frame) in order.Where(entry => entry.Frame.StreamId == stream || entry.Frame.Type == Http2FrameType.GoAway))
        {
            switch (isClient, frame.Type)
            {
                case (true, Http2FrameType.Data):
                    received.Append(Http2Wire.Frame(frame));
                    ended |= frame.HasFlag1;
                    break;
                case (true, Http2FrameType.RstStream) when !steps.Exists(step => step.EndStream):
                    steps.Add(new ScriptStep(null, false, received.MessagesOf(stream).Count, false));
                    break;
                case (false, Http2FrameType.Headers or Http2FrameType.Continuation):
                    endsAtContinuation |= frame.Type == Http2FrameType.Headers && frame.HasFlag1;
                    if (frame.EndHeaders)
                    {
                        steps.Add(new ScriptStep(frame, endsAtContinuation, received.MessagesOf(stream).Count, ended));
                    }

                    break;
                case (false, Http2FrameType.Data):
                    steps.Add(new ScriptStep(frame, frame.HasFlag1, received.MessagesOf(stream).Count, ended));
                    break;
                case (false, Http2FrameType.RstStream or Http2FrameType.GoAway):
                    steps.Add(new ScriptStep(frame, false, received.MessagesOf(stream).Count, ended));
                    break;
                default:
                    break;
            }
        }

        return steps;
    }
}
