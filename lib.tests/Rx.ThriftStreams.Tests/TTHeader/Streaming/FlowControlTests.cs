using System.Runtime.CompilerServices;
using Demo.Echo;
using Rx.ThriftStreams.Transports.TTHeaderStreaming;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Tests.TTHeader.Streaming;

/// <summary>Memory stays bounded whatever a consumer does: by credit between peers of this library, by the policy with others.</summary>
public sealed class FlowControlTests
{
    private const int Window = 100_000;
    private const int MessageSize = 10_000;
    [Fact]
    public async Task Server_SendsNoMoreThanItWasGranted()
    {
        await using var host = new StreamingHost();
        var (client, served) = host.Connect();
        await client.SendAsync(
            FramePeer.Header(1, "EchoServer", more: ("rx-window", $"{Window}")), FramePeer.Data(1, $"count:100:{MessageSize}", "EchoServer"), FramePeer.Trailer(1, "EchoServer"));
        Assert.Equal("65536", (await client.ExpectAsync(TTHeaderFrameType.Meta, 1)).Pairs["rx-window"]);
        await client.ExpectAsync(TTHeaderFrameType.Header, 1);
        var bytes = 0;
        while (bytes < Window)
        {
            bytes += (await client.ExpectAsync(TTHeaderFrameType.Data, 1)).Payload.Length;
        }

        // The stream waits now: what another one says comes next, and nothing of the first.
        await client.SendAsync(FramePeer.Header(2), FramePeer.Data(2, "neighbour"), FramePeer.Trailer(2));
        await client.ExpectAsync(TTHeaderFrameType.Header, 2);
        await client.ExpectAsync(TTHeaderFrameType.Data, 2);
        await client.ExpectAsync(TTHeaderFrameType.Trailer, 2);

        await client.SendAsync(FramePeer.Frame(TTHeaderFrameType.Meta, 1, "EchoServer", [("rx-credit", $"{int.MaxValue}")]));
        for (; bytes < 100 * MessageSize;)
        {
            bytes += (await client.ExpectAsync(TTHeaderFrameType.Data, 1)).Payload.Length;
        }

        await client.ExpectAsync(TTHeaderFrameType.Trailer, 1);
        await client.Pipe.Output.CompleteAsync();
        await served.Soon();
    }

    [Fact]
    public async Task Server_ConsumesARequest_GrantsItBack()
    {
        await using var host = new StreamingHost(configure: options => options.TTHeader.StreamBuffers.StreamBytes = MessageSize);
        var (client, served) = host.Connect();
        await client.SendAsync(FramePeer.Header(1, more: ("rx-window", $"{Window}")), FramePeer.Data(1, new string('x', MessageSize)));

        Assert.Equal($"{MessageSize}", (await client.ExpectAsync(TTHeaderFrameType.Meta, 1)).Pairs["rx-window"]);
        var seen = new List<SeenFrame> { (await client.ReadAsync())!, (await client.ReadAsync())!, (await client.ReadAsync())! };
        Assert.Equal($"{MessageSize + 8 + StreamLimits.MessageOverhead}", Assert.Single(seen, f => f.Type == TTHeaderFrameType.Meta).Pairs["rx-credit"]);
        await client.Pipe.Output.CompleteAsync();
        await served.Soon();
    }

    [Fact]
    public async Task Client_OfAPeerThatKnowsNothing_SendsWithoutCredit()
    {
        await using var server = new ScriptedStreamingServer();
        await using var channel = PatientChannel.ForAddress(server.Address, new() { TTHeader = { StreamBuffers = { StreamBytes = 1000 } } });
        var answer = new TestServiceClient(channel).EchoClientAsync(
            AsyncEnumerable.Range(0, 50).Select(_ => new Request { Message = new string('x', 1000) }), TestContext.Current.CancellationToken);
        var peer = await server.AcceptAsync();
        var id = (await peer.ExpectAsync(TTHeaderFrameType.Header)).Id;
        for (var i = 0; i < 50; i++)
        {
            await peer.ExpectAsync(TTHeaderFrameType.Data, id);
        }

        await peer.ExpectAsync(TTHeaderFrameType.Trailer, id);
        await peer.SendAsync(FramePeer.Data(id, "done"), FramePeer.Trailer(id));
        Assert.Equal("done", (await answer.Soon()).Message);
    }

    [Fact]
    public async Task SlowConsumer_NeighboursOnTheSameConnectionGoOnAndTheSenderWaits()
    {
        var service = new CountingService();
        await using var host = await new StreamingHost(service).StartAsync();
        await using var channel = PatientChannel.ForAddress(
            $"ttheader://{host.Endpoint}", new() { Connections = { MaxPerEndpoint = 1 }, TTHeader = { StreamBuffers = { StreamBytes = Window } } });
        var client = new TestServiceClient(channel);
        await using var slow = client.EchoServerAsync(new() { Message = "1000" }).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Assert.True(await slow.MoveNextAsync());

        for (var i = 0; i < 50; i++)
        {
            var answers = await client.EchoAsync(AsyncEnumerable.Range(0, 100).Select(n => new Request { Message = $"{n}" }))
                .CountAsync(TestContext.Current.CancellationToken).Soon();
            Assert.Equal(100, answers);
        }

        // One message was taken; the sender is ahead of its next element by one.
        Assert.InRange(service.Produced, 1, (Window / MessageSize) + 4);
        var left = 0;
        while (await slow.MoveNextAsync().Soon())
        {
            left++;
        }

        Assert.Equal(999, left);
    }

    [Fact]
    public async Task StopReading_PeerWithoutCredit_QueuesNoMoreThanTheLimitWhileNobodyConsumes()
    {
        var service = new GatedService();
        await using var host = new StreamingHost(service, options => options.TTHeader.StreamBuffers.StreamBytes = Window);
        var (client, served, connection, _) = host.ConnectInside();
        var sending = SendManyAsync(client);
        await Waits.Until(() => connection.Gate.IsClosed);

        // The gate of the handler stays shut, and the peer sends until its own pipe is full.
        Assert.InRange(connection.Gate.FullStream!.Inbox.QueuedBytes, Window, Window + (2 * MessageSize));
        Assert.False(sending.IsCompleted);
        Assert.True(connection.Gate.IsClosed);

        service.Gate.SetResult();
        await client.ExpectAsync(TTHeaderFrameType.Header, 1);
        Assert.Equal("1000", (await client.ExpectAsync(TTHeaderFrameType.Data, 1)).Text);
        await sending.Soon();
        await client.ExpectAsync(TTHeaderFrameType.Trailer, 1);
        await client.Pipe.Output.CompleteAsync();
        await served.Soon();
        await Waits.Until(() => connection.Memory.Used == 0);
    }

    [Fact]
    public async Task StopReading_ManyStreamsFillTheConnection_StopsAndContinuesWhenOneIsConsumed()
    {
        const int Limit = 1024 * 1024;
        var service = new GatedService();
        await using var host = new StreamingHost(service, options =>
        {
            options.TTHeader.StreamBuffers.StreamBytes = int.MaxValue;
            options.Limits.MaxConnectionMemory = Limit;
        });
        var (client, served, connection, _) = host.ConnectInside();
        await client.SendAsync(FramePeer.Header(1, "EchoClient"), FramePeer.Header(2, "EchoClient"));
        var sending = Task.Run(async () =>
        {
            for (var i = 0; i < 300; i++)
            {
                await client.SendAsync(FramePeer.Data(1 + (i % 2), new string('x', MessageSize), "EchoClient"));
            }

            await client.SendAsync(FramePeer.Trailer(1, "EchoClient"), FramePeer.Trailer(2, "EchoClient"));
        });
        await Waits.Until(() => connection.Gate.IsClosed);

        Assert.Null(connection.Gate.FullStream);
        Assert.InRange(connection.Memory.Used, Limit, Limit + (2 * MessageSize));
        Assert.False(sending.IsCompleted);

        service.Gate.SetResult();
        await sending.Soon();
        var answers = new List<string?>();
        for (var frames = 0; frames < 6; frames++)
        {
            if (await client.ReadAsync() is { Type: TTHeaderFrameType.Data } answer)
            {
                answers.Add(answer.Text);
            }
        }

        Assert.Equal(["150", "150"], answers);
        await client.Pipe.Output.CompleteAsync();
        await served.Soon();
    }

    /// <summary>The limits of a stream, of a connection and of the server. Whoever observes the server learns that memory was the cause, not its handler nor its caller.</summary>
    [Theory]
    [InlineData("stream")]
    [InlineData("connection")]
    [InlineData("server")]
    public async Task ResetStream_PeerWithoutCredit_EndsThatStreamAloneAndIsResourceExhaustedInEvents(string limited)
    {
        const int Limit = 1024 * 1024;
        var events = new EventCollector();
        await using var host = new StreamingHost(new GatedService(), options =>
        {
            options.TTHeader.StreamBuffers.WhenFull = ThriftFullBufferPolicy.ResetStream;
            options.TTHeader.StreamBuffers.StreamBytes = limited == "stream" ? Window : int.MaxValue;
            options.Limits.MaxConnectionMemory = limited == "server" ? 8 * Limit : Limit;
            options.Limits.MaxTotalMemory = limited == "server" ? Limit : 64 * Limit;
        });
        using var subscription = host.Runtime.Events.Subscribe(events);
        var (client, served) = host.Connect();
        await client.SendAsync(FramePeer.Header(1, "EchoClient"), FramePeer.Header(2));
        for (var i = 0; i < 110; i++)
        {
            await client.SendAsync(FramePeer.Data(1, new string('x', MessageSize), "EchoClient"));
        }

        await client.SendAsync(FramePeer.Data(2, "alive"), FramePeer.Trailer(2));
        var seen = new List<SeenFrame>();
        while (seen.Count < 5)
        {
            seen.Add((await client.ReadAsync())!);
        }

        Assert.Contains("was reset", Assert.Single(seen, f => f.Id == 1 && f.Type == TTHeaderFrameType.Trailer).Error.Message, StringComparison.Ordinal);
        Assert.Equal("alive", Assert.Single(seen, f => f.Id == 2 && f.Type == TTHeaderFrameType.Data).Text);
        await client.Pipe.Output.CompleteAsync();
        await served.Soon();

        await events.FinishedAsync(2);
        var finish = Assert.Single(events.All, static e => e is { Kind: ThriftStreamEventKind.RpcFinish, Method.Name: "EchoClient" });
        Assert.Equal((ThriftStatusCode.ResourceExhausted, true), (finish.Status!.Value.Code, finish.Failed));
        Assert.Contains("was reset", finish.Status.Value.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ResetStream_OnTheClient_FailsTheCallAndTellsTheServer()
    {
        await using var server = new ScriptedStreamingServer();
        await using var channel = PatientChannel.ForAddress(
            server.Address, new() { TTHeader = { StreamBuffers = { StreamBytes = Window, WhenFull = ThriftFullBufferPolicy.ResetStream } } });
        var events = new EventCollector();
        using var subscription = channel.Events.Subscribe(events);
        await using var stream = await new TestServiceClient(channel).OpenEchoAsync(cancellationToken: TestContext.Current.CancellationToken);
        var peer = await server.AcceptAsync();
        var id = (await peer.ExpectAsync(TTHeaderFrameType.Header)).Id;
        for (var i = 0; i < 12; i++)
        {
            await peer.SendAsync(FramePeer.Data(id, new string('x', MessageSize)));
        }

        Assert.Equal(12011, (int)(await peer.ExpectAsync(TTHeaderFrameType.Rst, id)).Error.Type);
        var error = await Assert.ThrowsAsync<ThriftStatusException>(async () => await stream.CountAsync(TestContext.Current.CancellationToken));
        Assert.Equal(ThriftStatusCode.ResourceExhausted, error.StatusCode);
        await events.FinishedAsync();
        Assert.Equal((ThriftStatusCode.ResourceExhausted, error), (events.Finish.Status!.Value.Code, events.Finish.Error));
    }

    /// <summary>Sends as many messages as the request says, and counts them.</summary>
    private sealed class CountingService : EchoBase
    {
        private int _produced;

        public int Produced => Volatile.Read(ref _produced);

        public override async IAsyncEnumerable<Response> EchoServerAsync(Request req, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            for (var i = 0; i < int.Parse(req.Message!, System.Globalization.CultureInfo.InvariantCulture); i++)
            {
                Interlocked.Increment(ref _produced);
                yield return new Response { Message = new string('x', MessageSize) };
            }

            await Task.CompletedTask;
        }
    }

    private static Task SendManyAsync(FramePeer client) => Task.Run(async () =>
    {
        await client.SendAsync(FramePeer.Header(1, "EchoClient"));
        for (var i = 0; i < 1000; i++)
        {
            await client.SendAsync(FramePeer.Data(1, new string('x', MessageSize), "EchoClient"));
        }

        await client.SendAsync(FramePeer.Trailer(1, "EchoClient"));
    });

    /// <summary>Consumes nothing before the gate is open.</summary>
    private sealed class GatedService : EchoBase
    {
        public TaskCompletionSource Gate { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override async Task<Response> EchoClientAsync(IAsyncEnumerable<Request> requests, CancellationToken cancellationToken = default)
        {
            await Gate.Task.WaitAsync(cancellationToken);
            return new Response { Message = $"{await requests.CountAsync(cancellationToken)}" };
        }
    }
}
