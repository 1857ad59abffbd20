using Demo.Echo;

namespace Rx.ThriftStreams.Tests.TTHeader.Streaming;

/// <summary>All kinds of streams over real sockets, with each way of sharing connections.</summary>
public sealed class StreamingModesTests
{
    public static TheoryData<ThriftConnectionMode> Modes => [ThriftConnectionMode.Multiplexed, ThriftConnectionMode.Pooled, ThriftConnectionMode.PerCall];

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task EchoAsync_ManyRequests_EchoesEachInOrder(ThriftConnectionMode mode)
    {
        await using var host = await new StreamingHost().StartAsync();
        await using var channel = PatientChannel.ForAddress($"ttheader://{host.Endpoint}", new() { Connections = { Mode = mode } });
        var client = new TestServiceClient(channel);

        for (var round = 0; round < 3; round++)
        {
            var answers = await client.EchoAsync(AsyncEnumerable.Range(0, 1000).Select(i => new Request { Message = $"x{i}" }))
                .Select(r => r.Message).ToListAsync(TestContext.Current.CancellationToken).Soon();
            Assert.Equal(Enumerable.Range(0, 1000).Select(i => $"x{i}"), answers);
        }
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task EchoServerAndClient_Streams_Complete(ThriftConnectionMode mode)
    {
        await using var host = await new StreamingHost().StartAsync();
        await using var channel = PatientChannel.ForAddress($"ttheader://{host.Endpoint}", new() { Connections = { Mode = mode } });
        var client = new TestServiceClient(channel);

        var streamed = await client.EchoServerAsync(new() { Message = "count:5" }).CountAsync(TestContext.Current.CancellationToken);
        var answer = await client.EchoClientAsync(AsyncEnumerable.Range(0, 100).Select(_ => new Request { Message = "xx" }), TestContext.Current.CancellationToken);

        Assert.Equal(5, streamed);
        Assert.Equal("received:100:200", answer.Message);
    }

    [Fact]
    public async Task EchoAsync_HundredStreamsAtOnce_ShareConnections()
    {
        await using var host = await new StreamingHost().StartAsync();
        await using var channel = PatientChannel.ForAddress($"ttheader://{host.Endpoint}", new() { Connections = { MaxPerEndpoint = 2 } });
        var client = new TestServiceClient(channel);

        var all = await Task.WhenAll(Enumerable.Range(0, 100).Select(async s => await client
            .EchoAsync(AsyncEnumerable.Range(0, 50).Select(i => new Request { Message = $"x{s}-{i}" }))
            .Select(r => r.Message).ToListAsync(TestContext.Current.CancellationToken))).Soon();

        for (var s = 0; s < 100; s++)
        {
            Assert.Equal(Enumerable.Range(0, 50).Select(i => $"x{s}-{i}"), all[s]);
        }
    }

    [Fact]
    public async Task EchoServerAsync_MessageLargerThanTheWindow_Passes()
    {
        await using var host = await new StreamingHost().StartAsync();
        await using var channel = PatientChannel.ForAddress($"ttheader://{host.Endpoint}");
        var client = new TestServiceClient(channel);

        var sizes = await client.EchoServerAsync(new() { Message = "count:3:3000000" }).Select(r => r.Message!.Length)
            .ToListAsync(TestContext.Current.CancellationToken).Soon();

        Assert.Equal([3000000, 3000000, 3000000], sizes);
    }

    [Fact]
    public async Task StopAsync_AStreamRuns_ItFinishes()
    {
        await using var host = await new StreamingHost().StartAsync();
        await using var channel = PatientChannel.ForAddress($"ttheader://{host.Endpoint}", new() { Connections = { MaxPerEndpoint = 1 } });
        await using var stream = await new TestServiceClient(channel).OpenEchoAsync(cancellationToken: TestContext.Current.CancellationToken);
        await using var responses = stream.GetAsyncEnumerator(TestContext.Current.CancellationToken);
        await stream.SendAsync(new() { Message = "before" }, TestContext.Current.CancellationToken);
        Assert.True(await responses.MoveNextAsync());

        var stopping = host.StopAsync();
        await stream.SendAsync(new() { Message = "while it stops" }, TestContext.Current.CancellationToken);
        Assert.True(await responses.MoveNextAsync().Soon());
        Assert.Equal("while it stops", responses.Current.Message);
        await stream.CompleteAsync();
        Assert.False(await responses.MoveNextAsync().Soon());
        await stopping.Soon();
    }

    [Fact]
    public async Task OpenAsync_NobodyListens_IsConnectError()
    {
        await using var channel = PatientChannel.ForAddress("ttheader://127.0.0.1:1", new() { Resilience = { ConnectTimeout = Waits.Limit } });

        await Assert.ThrowsAsync<ThriftConnectException>(async () => await new TestServiceClient(channel)
            .EchoServerAsync(new()).CountAsync(TestContext.Current.CancellationToken));
    }
}
