using Demo.Echo;
using Microsoft.Extensions.Time.Testing;
using Rx.ThriftStreams.Reactive;

namespace Rx.ThriftStreams.Tests.Discovery;

/// <summary>Servers that die and come back while calls are made.</summary>
public sealed class FailoverTests
{
    [Theory]
    [InlineData("grpc")]
    [InlineData("ttheader")]
    public async Task Server_DiesAndComesBack_IsBrokenThenProbedThenUsed(string scheme)
    {
        var clock = new FakeTimeProvider();
        await using var servers = await NamedServers.StartAsync(3);
        await using var channel = PatientChannel.ForAddress($"{scheme}://{string.Join(',', servers.Addresses)}", new()
        {
            TimeProvider = clock,
            Resilience = { CircuitBreaker = new() { MinimumThroughput = 4, FailureRatio = 0.1, BreakDuration = TimeSpan.FromSeconds(5) } },
        });
        var client = new TestServiceClient(channel);
        Assert.Equal(["0", "1", "2"], (await AskAsync(client, 12)).Order());

        await servers.KillAsync(1);

        await UntilRefusedAsync(client, servers.Addresses[1]);

        // Enough to open its breaker. No call fails: each goes elsewhere when it cannot connect.
        Assert.Equal(["0", "2"], (await AskAsync(client, 60)).Order());
        var broken = await Assert.ThrowsAsync<ThriftCircuitOpenException>(
            () => client.EchoUnaryAsync(new(), new ThriftCallOptions { Endpoint = servers.Addresses[1] }, TestContext.Current.CancellationToken).Soon());
        Assert.Equal((ThriftCircuitScope.Endpoint, servers.Addresses[1]), (broken.Scope, broken.Key));

        await servers.RestartAsync(1);
        Assert.Equal(["0", "2"], (await AskAsync(client, 12)).Order());

        // The break is over: one attempt probes, succeeds, and the server is one of three again.
        clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(["0", "1", "2"], (await AskAsync(client, 12)).Order());
    }

    [Theory]
    [InlineData("grpc")]
    [InlineData("ttheader")]
    public async Task Resume_ServerDiesMidStream_ContinuesOnAnother(string scheme)
    {
        await using var servers = await NamedServers.StartAsync(2);
        await using var channel = PatientChannel.ForAddress($"{scheme}://{string.Join(',', servers.Addresses)}");
        var client = new TestServiceClient(channel);
        var source = client.EchoServerAsync(new(), TestContext.Current.CancellationToken);
        await using var stream = source
            .Resume(_ => client.EchoServerAsync(new(), TestContext.Current.CancellationToken), new ResumeOptions { Delay = static _ => TimeSpan.Zero })
            .GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Assert.True(await stream.MoveNextAsync().Soon());
        var first = int.Parse(stream.Current.Message!, System.Globalization.CultureInfo.InvariantCulture);

        await servers.KillAsync(first);

        Assert.True(await stream.MoveNextAsync().Soon());
        Assert.Equal($"{1 - first}", stream.Current.Message);
    }

    [Fact]
    public async Task Call_AllEndpointsFail_TriesEachOnceAndReportsTheLast()
    {
        var tried = new System.Collections.Concurrent.ConcurrentQueue<string>();
        var options = new ThriftChannelOptions
        {
            Balancer = new RecordingBalancer(tried),
        };
        await using var channel = PatientChannel.ForAddress("ttheader://127.0.0.1:1,127.0.0.1:2,127.0.0.1:3", options);

        var error = await Assert.ThrowsAsync<ThriftConnectException>(
            () => new TestServiceClient(channel).EchoUnaryAsync(new(), new ThriftCallOptions { HashKey = "k" }, TestContext.Current.CancellationToken).Soon());

        Assert.Equal(["127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3"], tried.Order());
        Assert.Equal(tried.Last(), error.Address);
    }

    /// <summary>A call on a connection that is just being lost may have reached its server, so it fails and is not made elsewhere.</summary>
    private static async Task UntilRefusedAsync(TestServiceClient client, string address)
    {
        using var limit = new CancellationTokenSource(Waits.Limit);
        while (true)
        {
            try
            {
                await client.EchoUnaryAsync(new(), new ThriftCallOptions { Endpoint = address }, limit.Token);
            }
            catch (ThriftTransportException)
            {
                continue;
            }
            catch (ThriftConnectException)
            {
                return;
            }
        }
    }

    private static async Task<HashSet<string>> AskAsync(TestServiceClient client, int calls)
    {
        var names = new HashSet<string>();
        for (var i = 0; i < calls; i++)
        {
            names.Add((await client.EchoUnaryAsync(new(), TestContext.Current.CancellationToken).Soon()).Message!);
        }

        return names;
    }

    /// <summary>A user's own: consistent hashing that writes down what it picks.</summary>
    private sealed class RecordingBalancer(System.Collections.Concurrent.ConcurrentQueue<string> picked) : ThriftBalancer
    {
        public override ThriftPicker CreatePicker(IReadOnlyList<ThriftCandidate> candidates) => new Picker(ThriftBalancers.ConsistentHash().CreatePicker(candidates), picked);

        private sealed class Picker(ThriftPicker inner, System.Collections.Concurrent.ConcurrentQueue<string> picked) : ThriftPicker
        {
            public override ThriftCandidate? Pick(in ThriftPickContext context)
            {
                var candidate = inner.Pick(context);
                if (candidate is not null)
                {
                    picked.Enqueue(candidate.Endpoint.Address);
                }

                return candidate;
            }
        }
    }
}
