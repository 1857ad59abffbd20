using Rx.ThriftStreams.Tests.Recordings;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Tests.Conformance;

/// <summary>Tells recordings apart.</summary>
internal static class RecordingKinds
{
    /// <summary>Whether a recording is of TTHeader Streaming.</summary>
    internal static bool IsFrameStream(this Recording recording) => recording.Notes[0].Kind == "TTSTREAM";
}

/// <summary>A recorded connection of TTHeader Streaming: the frames of both sides in order.</summary>
internal sealed class FrameScript
{
    private FrameScript(List<(bool FromClient, WireFrame Frame)> frames) => Frames = frames;

    internal IReadOnlyList<(bool FromClient, WireFrame Frame)> Frames { get; }

    internal static FrameScript Of(Recording recording)
    {
        var client = new Queue<WireFrame>(WireFrame.All(recording.Bytes(fromClient: true)));
        var server = new Queue<WireFrame>(WireFrame.All(recording.Bytes(fromClient: false)));
        return new FrameScript([.. recording.Notes.Select(note => (note.FromClient, (note.FromClient ? client : server).Dequeue()))]);
    }

    /// <summary>Whether as many frames of each type have come on the stream as one side had sent before an index.</summary>
    internal bool HasCome(IReadOnlyList<WireFrame> received, bool fromClient, int before)
    {
        var wanted = Frames.Take(before).Where(entry => entry.FromClient == fromClient).GroupBy(entry => entry.Frame.Seen.Type);
        return wanted.All(group => received.Count(frame => frame.Seen.Type == group.Key) >= group.Count());
    }

    /// <summary>The server's frames, one a line.</summary>
    internal static string Describe(IEnumerable<WireFrame> frames) => string.Join('\n', frames);

    /// <summary>Whether the recorded client gave the stream up.</summary>
    internal bool IsReset => Frames.Any(entry => entry.FromClient && entry.Frame.Seen.Type == TTHeaderFrameType.Rst);
}
