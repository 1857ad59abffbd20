using System.Buffers;
using Demo.Echo;
using Rx.ThriftStreams.Tests.Recordings;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Tests.TTHeader.Streaming;

/// <summary>Recorded streams between a Kitex client and server, with this library in the place of one of them.</summary>
public sealed class ReplayTests
{
    // Answers with what only the recording machine has: names, figures, texts of Go's decoder.
    private static readonly string[] TextsDiffer = ["acltoken-bidi", "metainfo-bidi", "header-client", "deadline-bidi"];

    private static IEnumerable<Recording> Streams => Recording.All.Where(r =>
        r.Transport == "ttheader-streaming"
        && r.Method is "Echo" or "EchoClient" or "EchoServer"
        && r.Notes.Count > 0
        && r.Notes[0].Kind == "TTSTREAM"
        && r.Name.StartsWith("ttheader-streaming-", StringComparison.Ordinal));

    public static TheoryData<string> Served => [.. Streams.Select(Short).Except(["server-shutdown", "bigheader2-bidi"])];

    public static TheoryData<string> Called => [.. Streams.Select(Short).Where(n => !n.StartsWith("cancel", StringComparison.Ordinal) && !n.StartsWith("deadline-exceeded", StringComparison.Ordinal))];

    [Fact]
    public void Recordings_AreThere() => Assert.Equal((35, 33), (Served.Count, Called.Count));

    [Theory]
    [MemberData(nameof(Served))]
    public async Task Server_RecordedClient_AnswersAsTheRecordedServer(string name)
    {
        var recording = Recording.Get("ttheader-streaming-" + name);
        var service = new ProgramService();
        await using var host = new StreamingHost(service);
        var (client, served) = host.Connect(16 * 1024 * 1024);
        foreach (var frame in Frames(recording.Bytes(fromClient: true)))
        {
            if (frame.Seen.Type == TTHeaderFrameType.Rst && !name.StartsWith("cancel-client", StringComparison.Ordinal))
            {
                await service.Watching.Task.Soon();
            }

            await client.SendAsync(frame.Bytes);
        }

        foreach (var (expected, _) in Frames(recording.Bytes(fromClient: false)))
        {
            var actual = await client.ExpectAsync(expected.Type, expected.Id);
            Assert.Equal(expected.Method, actual.Method);
            Assert.Equal(expected.Pairs.OrderBy(p => p.Key, StringComparer.Ordinal), actual.Pairs.OrderBy(p => p.Key, StringComparer.Ordinal));
            if (TextsDiffer.Contains(name))
            {
                continue;
            }

            if (expected.Type == TTHeaderFrameType.Data)
            {
                Assert.Equal(expected.Text, actual.Text);
            }
            else if (expected.Payload.Length > 0)
            {
                Assert.Equal((expected.Error.Type, expected.Error.Message), (actual.Error.Type, actual.Error.Message));
            }
        }

        await client.Pipe.Output.CompleteAsync();
        await served.Soon();
    }

    [Theory]
    [MemberData(nameof(Called))]
    public async Task Client_RecordedServer_EndsAsTheRecordedClient(string name)
    {
        var recording = Recording.Get("ttheader-streaming-" + name);
        var sent = Frames(recording.Bytes(fromClient: true)).Select(f => f.Seen).ToList();
        var answers = Frames(recording.Bytes(fromClient: false)).ToList();
        await using var server = new ScriptedStreamingServer();
        await using var channel = PatientChannel.ForAddress(
            server.Address, new() { Resilience = { ConnectTimeout = Waits.Limit }, Limits = { MaxReceiveMessageSize = 8 * 1024 * 1024 }, TTHeader = { StreamBuffers = { OfferFlowControl = false } } });
        var received = new List<string?>();
        var call = RunAsync(new TestServiceClient(channel), recording.Method, [.. sent.Where(f => f.Type == TTHeaderFrameType.Data).Select(f => f.Text)], received);
        var peer = await server.AcceptAsync();
        var header = await peer.ExpectAsync(TTHeaderFrameType.Header);
        Assert.Equal(sent[0].Pairs["isn"], header.Pairs["isn"]);
        foreach (var expected in sent.Where(f => f.Type == TTHeaderFrameType.Data))
        {
            Assert.Equal(expected.Text, (await peer.ExpectAsync(TTHeaderFrameType.Data, header.Id)).Text);
        }

        await peer.ExpectAsync(TTHeaderFrameType.Trailer, header.Id);
        foreach (var (seen, bytes) in answers)
        {
            System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(8), header.Id);
            await peer.SendAsync(bytes);
        }

        await peer.Pipe.Output.CompleteAsync();
        var error = await Record.ExceptionAsync(() => call.Soon());
        Assert.Equal(answers.Where(a => a.Seen.Type == TTHeaderFrameType.Data).Select(a => a.Seen.Text), received);
        AssertEnd(recording, answers.LastOrDefault().Seen, error);
    }

    private static void AssertEnd(Recording recording, SeenFrame? last, Exception? error)
    {
        if (last?.Type != TTHeaderFrameType.Trailer)
        {
            Assert.Equal(12006, Assert.IsType<ThriftTransportException>(error).Kitex!.Code);
        }
        else if (last.Payload.Length > 0)
        {
            // The recorded client wrote down the text of the error.
            var line = Assert.Single(recording.ClientStdout, l => l.StartsWith("ERROR", StringComparison.Ordinal));
            Assert.EndsWith($"[client-side stream] {Assert.IsType<ThriftStatusException>(error).Kitex!.Text}", line, StringComparison.Ordinal);
        }
        else if (last.Pairs.TryGetValue("biz-status", out var status))
        {
            var biz = Assert.IsType<ThriftBizStatusException>(error);
            Assert.Equal((status, last.Pairs["biz-message"]), (biz.Code.ToString(System.Globalization.CultureInfo.InvariantCulture), biz.Message));
            Assert.Equal(last.Pairs.ContainsKey("biz-extra"), biz.Extra.Count > 0);
            Assert.Equal(last.Pairs.Keys.Where(k => !k.StartsWith("biz-", StringComparison.Ordinal)).Order(), biz.Trailers.Select(t => t.Key).Order());
        }
        else
        {
            Assert.Null(error);
        }
    }

    private static async Task RunAsync(TestServiceClient client, string method, string?[] texts, List<string?> received)
    {
        var requests = texts.ToAsyncEnumerable().Select(text => new Request { Message = text });
        if (method == "EchoClient")
        {
            received.Add((await client.EchoClientAsync(requests)).Message);
            return;
        }

        var responses = method == "Echo" ? client.EchoAsync(requests) : client.EchoServerAsync(new Request { Message = texts[0] });
        await foreach (var response in responses)
        {
            received.Add(response.Message);
        }
    }

    private static string Short(Recording recording) => recording.Name["ttheader-streaming-".Length..];

    private static IEnumerable<(SeenFrame Seen, byte[] Bytes)> Frames(byte[] all)
    {
        for (var start = 0; start < all.Length;)
        {
            var length = 4 + System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(all.AsSpan(start));
            var bytes = all.AsSpan(start, length).ToArray();
            var buffer = new ReadOnlySequence<byte>(bytes);
            yield return (FramePeer.TryTake(new TTHeaderFrameReader(), ref buffer)!, bytes);
            start += length;
        }
    }
}
