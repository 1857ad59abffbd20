using System.Runtime.CompilerServices;
using Demo.Echo;

namespace Rx.ThriftStreams.Tests.Samples;

/// <summary>The samples of the pages about finding servers and spreading load.</summary>
public sealed class BalancingSamples
{
    [Fact]
    public async Task Dns_Channel_IsCreated()
    {
        // <sample discovery-dns>
        await using var channel = ThriftChannel.ForAddress("grpc+dns://echo.internal:8888", new()
        {
            Discovery = { RefreshInterval = TimeSpan.FromSeconds(30) },
        });

        // </sample discovery-dns>
        Assert.Equal("grpc+dns://echo.internal:8888", channel.Address);
    }

    [Fact]
    public async Task FileResolver_List_IsCalled()
    {
        await using var servers = await NamedServers.StartAsync(1);
        var path = Path.GetTempFileName();
        await File.WriteAllLinesAsync(path, servers.Addresses, TestContext.Current.CancellationToken);

        // <sample discovery-scheme>
        await using var channel = ThriftChannel.ForAddress("ttheader+file://echo", new()
        {
            Discovery = { Schemes = { ["file"] = new FileResolver(path) } },
        });

        // </sample discovery-scheme>
        var cancellationToken = TestContext.Current.CancellationToken;

        // <sample discovery-connect>
        await channel.ConnectAsync(cancellationToken);

        // </sample discovery-connect>
        var options = new ThriftCallOptions { ConnectTimeout = Waits.Limit };
        Assert.Equal("0", (await new TestServiceClient(channel).EchoUnaryAsync(new(), options, TestContext.Current.CancellationToken).Soon()).Message);
        File.Delete(path);
    }

    [Fact]
    public async Task Balancer_OfAChannel_IsSet()
    {
        // <sample balancing-channel>
        await using var channel = ThriftChannel.ForAddress("grpc+dns://echo.internal:8888", new()
        {
            Balancer = ThriftBalancers.PickTwo,
        });

        // </sample balancing-channel>
        Assert.Equal("grpc+dns://echo.internal:8888", channel.Address);
    }

    [Fact]
    public async Task Outliers_OfAChannel_AreEjected()
    {
        // <sample balancing-outliers>
        await using var channel = ThriftChannel.ForAddress("grpc+dns://echo.internal:8888", new()
        {
            Resilience = { OutlierEjection = new() { ConsecutiveFailures = 3, LatencyFactor = 5 } },
        });

        // </sample balancing-outliers>
        Assert.Equal("grpc+dns://echo.internal:8888", channel.Address);
    }

    [Fact]
    public async Task Health_OfAChannel_IsWatched()
    {
        // <sample health-watch>
        await using var channel = ThriftChannel.ForAddress("ttheader+dns://echo.internal:8888", new()
        {
            Discovery = { HealthService = "echo.TestService" },
        });

        // </sample health-watch>
        Assert.Equal("ttheader+dns://echo.internal:8888", channel.Address);
    }

    [Fact]
    public async Task ConsistentHash_Call_HasAKey()
    {
        var cancellationToken = new CancellationToken(canceled: true);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            // <sample balancing-hash>
            await using var channel = ThriftChannel.ForAddress("ttheader+dns://cache.internal:8888", new()
            {
                Balancer = ThriftBalancers.ConsistentHash(),
            });
            var client = new TestServiceClient(channel);
            var answer = await client.EchoUnaryAsync(new() { Message = "hi" }, new ThriftCallOptions { HashKey = "user-4711" }, cancellationToken);

            // </sample balancing-hash>
            Assert.Null(answer);
        });
    }

    [Fact]
    public async Task Rules_ChooseTheServer()
    {
        // <sample balancing-hash-header>
        var balancer = ThriftBalancers.ConsistentHash(static call => call.RequestHeaders.TryGetValue("x-user", out var user) ? user : "anonymous");

        // </sample balancing-hash-header>
        await using var servers = await NamedServers.StartAsync(3);
        Assert.Single(await AskAsync(servers, balancer));
        Assert.Equal(["0"], await AskAsync(servers, new FirstAvailable()));
    }

    [Fact]
    public void Tags_Rules_Combine()
    {
        // <sample balancing-tags>
        var balancer = ThriftBalancers.RoundRobin
            .Preferring("zone", "eu-1a")        // the others when these are gone, broken or tried
            .Requiring("version", "2");         // never the others

        // </sample balancing-tags>
        var candidate = new ThriftCandidate(new ThriftEndpoint("10.0.0.1:1") { Tags = new Dictionary<string, string> { ["version"] = "2" } });
        Assert.Same(candidate, balancer.CreatePicker([candidate]).Pick(default));
    }

    private static async Task<HashSet<string?>> AskAsync(NamedServers servers, ThriftBalancer balancer)
    {
        await using var channel = PatientChannel.ForAddress($"ttheader://{string.Join(',', servers.Addresses)}", new() { Balancer = balancer });
        var names = new HashSet<string?>();
        for (var i = 0; i < 6; i++)
        {
            names.Add((await new TestServiceClient(channel).EchoUnaryAsync(new(), TestContext.Current.CancellationToken).Soon()).Message);
        }

        return names;
    }

    // <sample discovery-resolver>
    internal sealed class FileResolver(string path) : ThriftResolver
    {
        public override async IAsyncEnumerable<IReadOnlyList<ThriftEndpoint>> ResolveAsync(
            ThriftResolveContext context,
            [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            while (true)
            {
                var lines = await File.ReadAllLinesAsync(path, cancellationToken);
                yield return [.. lines.Select(static line => new ThriftEndpoint(line) { Tags = new Dictionary<string, string> { ["zone"] = "a" } })];
                await Task.Delay(context.RefreshInterval, context.TimeProvider, cancellationToken);
            }
        }
    }

    // </sample discovery-resolver>

    // <sample balancing-own>
    internal sealed class FirstAvailable : ThriftBalancer
    {
        public override ThriftPicker CreatePicker(IReadOnlyList<ThriftCandidate> candidates) => new Picker(candidates);

        private sealed class Picker(IReadOnlyList<ThriftCandidate> candidates) : ThriftPicker
        {
            public override ThriftCandidate? Pick(in ThriftPickContext context)
            {
                foreach (var candidate in candidates)
                {
                    if (context.CanPick(candidate))
                    {
                        return candidate;
                    }
                }

                return null;
            }
        }
    }

    // </sample balancing-own>
}
