using System.Net;
using System.Net.Sockets;
using Rx.ThriftStreams.Tests.Recordings;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Tests.Conformance;

/// <summary>Plays either side of a recorded connection of TTHeader Streaming.</summary>
internal static class FrameReplay
{
    /// <summary>Gives a server what a Kitex client sent, each frame when the recorded client had received what it waited for.</summary>
    internal static async Task<(string Expected, string Actual)> AgainstServerAsync(Recording recording, IPEndPoint server)
    {
        var script = FrameScript.Of(recording);
        await using var link = await FrameLink.ConnectAsync(server);
        var outcome = string.Empty;
        try
        {
            for (var i = 0; i < script.Frames.Count; i++)
            {
                var (fromClient, frame) = script.Frames[i];
                if (fromClient)
                {
                    await link.SendAsync(frame.Bytes);
                }
                else
                {
                    var end = i + 1;
                    await link.WaitAsync(
                        received => script.HasCome(received, fromClient: false, end) || HasMore(received, script),
                        $"frame {end}, {frame}");
                }
            }
        }
        catch (IOException error)
        {
            outcome = $"\n{error.Message}";
        }

        return (FrameScript.Describe(script.Frames.Where(entry => !entry.FromClient).Select(entry => entry.Frame)), FrameScript.Describe(link.Received) + outcome);
    }

    /// <summary>Answers one client as the recorded Kitex server did.</summary>
    internal static async Task AnswerAsync(Recording recording, Socket listener, Action clientShouldCancel)
    {
        var script = FrameScript.Of(recording);
        var socket = await listener.AcceptAsync();
        await using var link = new FrameLink(new NetworkStream(socket, ownsSocket: true));
        var isOver = false;
        try
        {
            await PlayAsync();
            isOver = true;
            await link.WaitAsync(received => script.HasCome(received, fromClient: true, script.Frames.Count) || IsReset(received), "what the client sends at last");
            if (!recording.ClientStdout.Any(line => line.Contains("EOF peer close", StringComparison.Ordinal)))
            {
                await link.WaitAsync(_ => false, "the end");
            }
        }
        catch (IOException) when (isOver || script.IsReset)
        {
            // The client closes when it has what it wants, or has given up.
        }

        async Task PlayAsync()
        {
            for (var i = 0; i < script.Frames.Count; i++)
            {
                var (fromClient, frame) = script.Frames[i];
                var before = i;
                if (fromClient && frame.Seen.Type == TTHeaderFrameType.Rst)
                {
                    await link.WaitAsync(received => script.HasCome(received, fromClient: true, before), "what the client sends before it cancels");
                    clientShouldCancel();
                    await link.WaitAsync(IsReset, "the reset");
                }
                else if (!fromClient)
                {
                    await link.WaitAsync(received => script.HasCome(received, fromClient: true, before) || IsReset(received), "what the client sends");
                    await link.SendAsync(frame.On(link.Received[0].Seen.Id));
                }
            }
        }
    }

    /// <summary>Another answer than the recorded one is there: what is waited for may never come.</summary>
    private static bool HasMore(IReadOnlyList<WireFrame> received, FrameScript script)
        => received.Any(frame => frame.Seen.Type == TTHeaderFrameType.Trailer)
            || received.Count(frame => frame.Seen.Type == TTHeaderFrameType.Data) > script.Frames.Count(entry => !entry.FromClient && entry.Frame.Seen.Type == TTHeaderFrameType.Data);

    private static bool IsReset(IReadOnlyList<WireFrame> received) => received.Any(frame => frame.Seen.Type == TTHeaderFrameType.Rst);
}
