using Demo.Echo;
using Microsoft.Extensions.Time.Testing;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Tests.TTHeader.Streaming;

/// <summary>Servers that send more than anybody wants, or are gone: neighbours on the connection are not harmed, and what came before an error is received.</summary>
public sealed class HostileServerTests
{
    private const int ChunkSize = 100_000;

    [Fact]
    public async Task Reset_MessagesCameBefore_AreReceivedFirst()
    {
        await using var server = new ScriptedStreamingServer();
        await using var channel = PatientChannel.ForAddress(server.Address, new());
        await using var responses = new TestServiceClient(channel).EchoServerAsync(new() { Message = "x" }).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        var first = responses.MoveNextAsync();
        var peer = await server.AcceptAsync();
        var id = (await peer.ExpectAsync(TTHeaderFrameType.Header)).Id;
        await peer.SendAsync([.. FramePeer.Data(id, "one"), .. FramePeer.Data(id, "two"), .. FramePeer.Frame(TTHeaderFrameType.Rst, id)]);

        Assert.True(await first.Soon());
        Assert.Equal("one", responses.Current.Message);
        Assert.True(await responses.MoveNextAsync().Soon());
        Assert.Equal("two", responses.Current.Message);
        Assert.Equal(13, (await Assert.ThrowsAnyAsync<ThriftException>(() => responses.MoveNextAsync().Soon())).Kitex!.Code);
    }

    [Theory]
    [InlineData(50_000)]
    [InlineData(2_000_000)]
    public async Task Message_TooLarge_ComesAfterThoseBefore(int size)
    {
        await using var server = new ScriptedStreamingServer();
        await using var channel = PatientChannel.ForAddress(server.Address, new() { Limits = { MaxReceiveMessageSize = 10_000 } });
        var received = 0;
        var call = Task.Run(async () =>
        {
            await foreach (var response in new TestServiceClient(channel).EchoServerAsync(new() { Message = "x" }))
            {
                received++;
            }
        });
        var peer = await server.AcceptAsync();
        var id = (await peer.ExpectAsync(TTHeaderFrameType.Header)).Id;
        await peer.SendAsync([.. Enumerable.Repeat(FramePeer.Data(id, "small"), 5).SelectMany(frame => frame), .. FramePeer.Data(id, new string('x', size))]);

        Assert.Equal(ThriftStatusCode.ResourceExhausted, (await Assert.ThrowsAsync<ThriftStatusException>(() => call.Soon())).StatusCode);
        Assert.Equal(5, received);
    }

    [Fact]
    public async Task Readers_ThatPause_DoNotStarveTheNextOne()
    {
        await using var host = await new StreamingHost().StartAsync();
        await using var channel = PatientChannel.ForAddress($"ttheader://{host.Endpoint}", new() { Connections = { MaxPerEndpoint = 1 }, Limits = { MaxConnectionMemory = 32 * 1024 * 1024 } });
        var client = new TestServiceClient(channel);
        var readers = new List<IAsyncEnumerator<Response>>();
        for (var i = 0; i < 90; i++)
        {
            // Each has 6 MB to come; what a window of 1 MiB for each would admit is three times the memory.
            var reader = client.EchoServerAsync(new() { Message = $"count:60:{ChunkSize}" }).GetAsyncEnumerator(TestContext.Current.CancellationToken);
            readers.Add(reader);
            Assert.True(await reader.MoveNextAsync().Soon());
        }

        foreach (var reader in readers)
        {
            await reader.DisposeAsync().Soon();
        }
    }

    [Fact]
    public async Task Uploads_ThatNobodyReads_DoNotStarveOthersAndAreCancelledWithTheirCaller()
    {
        var service = new UnreadService();
        await using var server = await ThriftServer.StartAsync("127.0.0.1:0", builder => builder.AddService<ITestService>(service).Configure(options => options.Limits.MaxConnectionMemory = 32 * 1024 * 1024));
        await using var channel = PatientChannel.ForAddress($"ttheader://{server.Endpoint}", new() { Connections = { MaxPerEndpoint = 1 } });
        var client = new TestServiceClient(channel);
        using var cancel = new CancellationTokenSource();
        var uploads = Enumerable.Range(0, 80).Select(_ => client.EchoClientAsync(Chunks(), cancel.Token)).ToArray();
        await Waits.Until(() => service.Inside == 80);

        Assert.Equal(3, await client.EchoAsync(AsyncEnumerable.Range(0, 3).Select(i => new Request { Message = $"{i}" })).CountAsync(TestContext.Current.CancellationToken).Soon());
        await cancel.CancelAsync();

        foreach (var upload in uploads)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => upload.Soon());
        }

        await Waits.Until(() => service.Gone == 80);

        static async IAsyncEnumerable<Request> Chunks()
        {
            for (var i = 0; i < 40; i++)
            {
                yield return new Request { Message = new string('x', ChunkSize) };
                await Task.Yield();
            }
        }
    }

    [Fact]
    public async Task Paused_ServerVanishes_NeighboursHearOfIt()
    {
        var clock = new FakeTimeProvider();
        await using var server = new ScriptedStreamingServer();
        await using var channel = PatientChannel.ForAddress(
            server.Address, new() { Connections = { MaxPerEndpoint = 1 }, Resilience = { ConnectTimeout = Timeout.InfiniteTimeSpan }, TimeProvider = clock, TTHeader = { StreamBuffers = { StreamBytes = 1000 } } });
        var client = new TestServiceClient(channel);
        await using var unread = client.EchoServerAsync(new() { Message = "a" }).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        var first = unread.MoveNextAsync();
        var peer = await server.AcceptAsync();
        var id = (await peer.ExpectAsync(TTHeaderFrameType.Header)).Id;
        var neighbour = client.EchoServerAsync(new() { Message = "b" }).CountAsync(TestContext.Current.CancellationToken).AsTask();
        await peer.SendAsync([.. Enumerable.Repeat(FramePeer.Data(id, new string('x', 1000)), 50).SelectMany(frame => frame)]);
        Assert.True(await first.Soon());

        server.Drop();
        await Waits.Until(() =>
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            return neighbour.IsCompleted;
        });

        Assert.Equal(ThriftStatusCode.Unavailable, (await Assert.ThrowsAnyAsync<ThriftException>(() => neighbour)).StatusCode);
    }

    [Fact]
    public async Task Connection_WithAQuietStream_StaysOpenBeyondTheIdleTimeout()
    {
        var clock = new FakeTimeProvider();
        await using var server = new ScriptedStreamingServer();
        await using var channel = PatientChannel.ForAddress(
            server.Address, new() { Connections = { MaxPerEndpoint = 1 }, Resilience = { ConnectTimeout = Timeout.InfiniteTimeSpan }, TimeProvider = clock });
        await using var stream = await new TestServiceClient(channel).OpenEchoAsync(cancellationToken: TestContext.Current.CancellationToken);
        var responses = stream.GetAsyncEnumerator(TestContext.Current.CancellationToken);
        var peer = await server.AcceptAsync();
        var id = (await peer.ExpectAsync(TTHeaderFrameType.Header)).Id;

        clock.Advance(TimeSpan.FromHours(1));
        await peer.SendAsync(FramePeer.Data(id, "still here"));

        Assert.True(await responses.MoveNextAsync().Soon());
        Assert.Equal("still here", responses.Current.Message);
    }

    private sealed class UnreadService : EchoBase
    {
        private int _inside;
        private int _gone;

        public int Inside => Volatile.Read(ref _inside);

        public int Gone => Volatile.Read(ref _gone);

        public override async Task<Response> EchoClientAsync(IAsyncEnumerable<Request> requests, CancellationToken cancellationToken = default)
        {
            Interlocked.Increment(ref _inside);
            await cancellationToken.Cancelled();
            Interlocked.Increment(ref _gone);
            throw new OperationCanceledException(cancellationToken);
        }
    }
}
