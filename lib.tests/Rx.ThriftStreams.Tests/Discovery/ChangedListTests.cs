using Demo.Echo;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Rx.ThriftStreams.Tests.Discovery;

/// <summary>A channel over a resolver whose list changes, on real servers.</summary>
public sealed class ChangedListTests : IAsyncDisposable
{
    private readonly ScriptedResolver _resolver = new();
    private readonly FakeTimeProvider _clock = new();
    private readonly LogCollector _log = new();
    private NamedServers _servers = null!;

    public ValueTask DisposeAsync() => _servers.DisposeAsync();

    [Theory]
    [InlineData("grpc")]
    [InlineData("ttheader")]
    public async Task List_Changes_NewStreamsFollowAndRunningOnesContinue(string scheme)
    {
        _servers = await NamedServers.StartAsync(2);
        await using var channel = Open(scheme);
        var client = new TestServiceClient(channel);
        _resolver.Report(_servers.Addresses[0]);
        await using var running = client.EchoServerAsync(new(), TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Assert.True(await running.MoveNextAsync().Soon());
        Assert.Equal("0", running.Current.Message);

        _resolver.Report(_servers.Addresses[1]);
        await UntilAnswersAsync(client, "1");

        _servers.Gate.SetResult();
        Assert.True(await running.MoveNextAsync().Soon());
        Assert.Equal("0 again", running.Current.Message);
        Assert.False(await running.MoveNextAsync().Soon());
    }

    [Theory]
    [InlineData("grpc")]
    [InlineData("ttheader")]
    public async Task RemovedEndpoint_StreamOutlastsTheLimit_IsCutOff(string scheme)
    {
        _servers = await NamedServers.StartAsync(2);
        await using var channel = Open(scheme, options => options.Discovery.DrainTimeout = TimeSpan.FromMinutes(1));
        var client = new TestServiceClient(channel);
        _resolver.Report(_servers.Addresses[0]);
        await using var running = client.EchoServerAsync(new(), TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Assert.True(await running.MoveNextAsync().Soon());
        var next = running.MoveNextAsync();
        _resolver.Report(_servers.Addresses[1]);
        await UntilAnswersAsync(client, "1");

        _clock.Advance(TimeSpan.FromSeconds(59));
        Assert.False(next.IsCompleted);
        _clock.Advance(TimeSpan.FromSeconds(1));

        // What is left to be written has a second.
        var failure = Assert.ThrowsAnyAsync<ThriftException>(() => next.Soon());
        while (!failure.IsCompleted)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.Equal(ThriftStatusCode.Unavailable, (await failure).StatusCode);
    }

    [Fact]
    public async Task FirstList_IsResolvedOnceForAllCalls()
    {
        _servers = await NamedServers.StartAsync(1);
        await using var channel = Open("ttheader");
        var client = new TestServiceClient(channel);

        var calls = Enumerable.Range(0, 20).Select(_ => client.EchoUnaryAsync(new(), TestContext.Current.CancellationToken)).ToList();
        await Waits.Until(() => _resolver.Enumerations == 1);
        Assert.All(calls, static call => Assert.False(call.IsCompleted));
        _resolver.Report(_servers.Addresses[0]);

        Assert.All(await Task.WhenAll(calls).Soon(), static answer => Assert.Equal("0", answer.Message));
        Assert.Equal(1, _resolver.Enumerations);
        Assert.Equal("any", _resolver.Context!.Target);
    }

    [Fact]
    public async Task FirstList_DoesNotCome_FailsWithinTheConnectTimeout()
    {
        _servers = await NamedServers.StartAsync(0);
        await using var channel = Open("ttheader");
        var call = new TestServiceClient(channel).EchoUnaryAsync(new(), new ThriftCallOptions { ConnectTimeout = TimeSpan.FromSeconds(7) }, TestContext.Current.CancellationToken);
        await Waits.Until(() => _resolver.Enumerations == 1);

        _clock.Advance(TimeSpan.FromSeconds(7));

        var error = await Assert.ThrowsAsync<ThriftTimeoutException>(() => call.Soon());
        Assert.Equal((ThriftTimeoutKind.Connect, TimeSpan.FromSeconds(7)), (error.Kind, error.Configured));
        Assert.Contains("ttheader://any", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FirstList_ResolverFails_CallsFailAndTheNextOneAsksAgain()
    {
        _servers = await NamedServers.StartAsync(1);
        await using var channel = Open("ttheader");
        var client = new TestServiceClient(channel);

        _resolver.Fail(new IOException("The registry is away."));
        var error = await Assert.ThrowsAsync<ThriftDiscoveryException>(() => client.EchoUnaryAsync(new(), TestContext.Current.CancellationToken).Soon());
        Assert.Equal("There is no endpoint for any: The registry is away.", error.Message);
        Assert.Equal(ThriftStatusCode.Unavailable, error.StatusCode);

        _resolver.Report(Array.Empty<string>());
        await Assert.ThrowsAsync<ThriftDiscoveryException>(() => client.EchoUnaryAsync(new(), TestContext.Current.CancellationToken).Soon());

        _resolver.Report(_servers.Addresses[0]);
        Assert.Equal("0", (await client.EchoUnaryAsync(new(), TestContext.Current.CancellationToken).Soon()).Message);
        Assert.Equal(3, _resolver.Enumerations);
    }

    [Fact]
    public async Task Refresh_FailsOrIsEmpty_KeepsTheLastListAndAsksAgainAfterTheInterval()
    {
        _servers = await NamedServers.StartAsync(2);
        await using var channel = Open("ttheader", options => options.Discovery.RefreshInterval = TimeSpan.FromSeconds(20));
        var client = new TestServiceClient(channel);
        _resolver.Report(_servers.Addresses[0]);
        await client.EchoUnaryAsync(new(), TestContext.Current.CancellationToken).Soon();

        for (var failures = 1; failures <= 2; failures++)
        {
            if (failures == 1)
            {
                _resolver.Fail(new IOException("The registry is away."));
            }
            else
            {
                _resolver.Report(Array.Empty<string>());
            }

            await Waits.Until(() => _log.Entries.Count(static entry => entry.Level == LogLevel.Warning && entry.Id == 30) == failures);
            Assert.Equal("0", (await client.EchoUnaryAsync(new(), TestContext.Current.CancellationToken).Soon()).Message);
            await AdvanceUntilAsync(() => _resolver.Enumerations == failures + 1);
        }

        _resolver.Report(_servers.Addresses[1]);
        await UntilAnswersAsync(client, "1");
    }

    [Fact]
    public async Task List_WithoutPositiveWeight_SaysSo()
    {
        _servers = await NamedServers.StartAsync(0);
        await using var channel = Open("grpc");
        _resolver.Report([new ThriftEndpoint("127.0.0.1:1") { Weight = 0 }]);

        var error = await Assert.ThrowsAsync<ThriftDiscoveryException>(
            () => new TestServiceClient(channel).EchoUnaryAsync(new(), TestContext.Current.CancellationToken).Soon());

        Assert.Contains("none of the 1 endpoints has a positive weight", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dispose_WhileACallWaitsForTheList_EndsTheCall()
    {
        _servers = await NamedServers.StartAsync(0);
        var channel = Open("grpc");
        var call = new TestServiceClient(channel).EchoUnaryAsync(new(), TestContext.Current.CancellationToken);
        await Waits.Until(() => _resolver.Enumerations == 1);

        await channel.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => call.Soon());
    }

    [Fact]
    public async Task Balancer_LeastStreams_SpreadsOpenStreams()
    {
        _servers = await NamedServers.StartAsync(3);
        await using var channel = Open("ttheader", static options => options.Balancer = ThriftBalancers.LeastStreams);
        _resolver.Report(_servers.Addresses);
        var client = new TestServiceClient(channel);
        var streams = new List<IAsyncEnumerator<Response>>();
        for (var i = 0; i < 9; i++)
        {
            streams.Add(client.EchoServerAsync(new(), TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken));
            Assert.True(await streams[i].MoveNextAsync().Soon());
        }

        Assert.Equal([3, 3, 3], streams.CountBy(static stream => stream.Current.Message!).Select(static pair => pair.Value));

        // Ended streams do not count: the server that lost three gets the next three.
        var freed = streams[0].Current.Message;
        foreach (var stream in streams.Where(stream => stream.Current.Message == freed).ToList())
        {
            await stream.DisposeAsync();
            streams.Remove(stream);
        }

        for (var i = 0; i < 3; i++)
        {
            streams.Add(client.EchoServerAsync(new(), TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken));
            Assert.True(await streams[^1].MoveNextAsync().Soon());
            Assert.Equal(freed, streams[^1].Current.Message);
        }

        foreach (var stream in streams)
        {
            await stream.DisposeAsync();
        }
    }

    [Fact]
    public async Task HashKey_OfTheCall_ChoosesTheServer()
    {
        _servers = await NamedServers.StartAsync(3);
        await using var channel = Open("ttheader", static options => options.Balancer = ThriftBalancers.ConsistentHash());
        _resolver.Report(_servers.Addresses);
        var client = new TestServiceClient(channel);
        var seen = new HashSet<string?>();
        for (var i = 0; i < 20; i++)
        {
            var options = new ThriftCallOptions { HashKey = $"user-{i}" };
            var first = await client.EchoUnaryAsync(new(), options, TestContext.Current.CancellationToken).Soon();
            Assert.Equal(first, await client.EchoUnaryAsync(new(), options, TestContext.Current.CancellationToken).Soon());
            seen.Add(first.Message);
        }

        Assert.True(seen.Count > 1);
        var error = await Assert.ThrowsAsync<ArgumentException>(() => client.EchoUnaryAsync(new(), TestContext.Current.CancellationToken).Soon());
        Assert.Equal("HashKey", error.ParamName);
    }

    private ThriftChannel Open(string scheme, Action<ThriftChannelOptions>? configure = null)
    {
        var options = new ThriftChannelOptions { Resolver = _resolver, TimeProvider = _clock, LoggerFactory = new LoggerFactory([_log]) };
        configure?.Invoke(options);
        return PatientChannel.ForAddress($"{scheme}://any", options);
    }

    private async Task AdvanceUntilAsync(Func<bool> condition)
    {
        await Waits.Until(() =>
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            return condition();
        });
    }

    /// <summary>The list is taken over by another thread.</summary>
    private static async Task UntilAnswersAsync(TestServiceClient client, string name)
    {
        using var limit = new CancellationTokenSource(Waits.Limit);
        while ((await client.EchoUnaryAsync(new(), limit.Token)).Message != name)
        {
            await Task.Yield();
        }
    }
}
