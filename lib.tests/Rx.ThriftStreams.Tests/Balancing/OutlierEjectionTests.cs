using Demo.Echo;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.Balancing;

namespace Rx.ThriftStreams.Tests.Balancing;

public sealed class OutlierEjectionTests
{
    private readonly FakeTimeProvider _clock = new();
    private readonly List<bool> _ejections = [];

    [Fact]
    public void Failures_InARow_EjectForLongerEachTime()
    {
        var (ejection, all) = Watch(4, new() { ConsecutiveFailures = 3 });
        ejection.Failed(all[0]);
        ejection.Failed(all[0]);
        ejection.Responded(all[0]);
        ejection.Failed(all[0]);
        ejection.Failed(all[0]);
        Assert.False(all[0].IsEjected);

        ejection.Failed(all[0]);
        AssertEjectedFor(30, all[0]);

        for (var i = 0; i < 3; i++)
        {
            ejection.Failed(all[0]);
        }

        AssertEjectedFor(60, all[0]);

        // After a quiet time it counts from the start.
        _clock.Advance(TimeSpan.FromMinutes(5));
        for (var i = 0; i < 3; i++)
        {
            ejection.Failed(all[0]);
        }

        AssertEjectedFor(30, all[0]);
        Assert.Equal([false, false, false], _ejections);
    }

    [Fact]
    public void Failures_OfAll_EjectNoMoreThanTheShare()
    {
        var (ejection, all) = Watch(5, new() { ConsecutiveFailures = 1, MaxEjectedShare = 0.4 });

        all.ForEach(ejection.Failed);

        Assert.Equal([true, true, false, false, false], all.Select(static candidate => candidate.IsEjected));
    }

    [Fact]
    public void Latency_FarAboveTheMedian_Ejects()
    {
        var (ejection, all) = Watch(4, new() { LatencyFactor = 5 });
        _clock.Advance(TimeSpan.FromSeconds(1));
        for (var i = 0; i < 4; i++)
        {
            all[i].ObserveLatency(TimeSpan.FromMilliseconds(i == 2 ? 101 : 20));
        }

        ejection.Responded(all[0]);

        Assert.Equal([false, false, true, false], all.Select(static candidate => candidate.IsEjected));
        Assert.Equal([true], _ejections);
    }

    [Fact]
    public void Latency_OfAnEjectedEndpoint_CountsFromTheStart()
    {
        var (ejection, all) = Watch(4, new() { LatencyFactor = 5 });
        _clock.Advance(TimeSpan.FromSeconds(1));
        for (var i = 0; i < 4; i++)
        {
            all[i].ObserveLatency(TimeSpan.FromMilliseconds(i == 2 ? 10_000 : 20));
        }

        ejection.Responded(all[0]);
        Assert.True(all[2].IsEjected);
        _clock.Advance(TimeSpan.FromSeconds(30));
        all.ForEach(static candidate => candidate.ObserveLatency(TimeSpan.FromMilliseconds(20)));

        ejection.Responded(all[0]);

        Assert.False(all[2].IsEjected);
    }

    [Fact]
    public void Latency_OfTwoEndpointsOrBelowTenMilliseconds_DoesNotEject()
    {
        var (ejection, all) = Watch(3, new() { LatencyFactor = 2 });
        _clock.Advance(TimeSpan.FromSeconds(1));
        all[0].ObserveLatency(TimeSpan.FromSeconds(1));
        all[1].ObserveLatency(TimeSpan.FromMilliseconds(1));
        ejection.Responded(all[0]);
        Assert.False(all[0].IsEjected);

        (ejection, all) = Watch(3, new() { LatencyFactor = 2 });
        _clock.Advance(TimeSpan.FromSeconds(1));
        all[0].ObserveLatency(TimeSpan.FromMilliseconds(9));
        all[1].ObserveLatency(TimeSpan.FromMilliseconds(1));
        all[2].ObserveLatency(TimeSpan.FromMilliseconds(1));
        ejection.Responded(all[0]);
        Assert.False(all[0].IsEjected);
    }

    [Theory]
    [InlineData("grpc")]
    [InlineData("ttheader")]
    public async Task Server_FailsItsCalls_IsLeftOutUntilItsTimeIsUp(string scheme)
    {
        var fails = true;
        await using var bad = await ThriftServer.StartAsync("127.0.0.1:0", setup => setup.AddService<ITestService>(new ScriptedService
        {
            EchoUnary = (_, _) => fails
                ? throw new ThriftStatusException(ThriftStatusCode.Unavailable, "The disk is full.")
                : Task.FromResult(new Response { Message = "bad" }),
        }));
        await using var good = await NamedServers.StartAsync(2);
        var log = new LogCollector();
        await using var channel = PatientChannel.ForAddress($"{scheme}://{bad.Address},{string.Join(',', good.Addresses)}", new()
        {
            TimeProvider = _clock,
            LoggerFactory = new LoggerFactory([log]),
            Resilience = { OutlierEjection = new() { ConsecutiveFailures = 2 } },
        });
        var client = new TestServiceClient(channel);

        // Every third call meets it, until it has failed twice.
        Assert.Equal(2, (await AskAsync(client, 9)).Count(static name => name is null));
        Assert.DoesNotContain(null, await AskAsync(client, 9));
        Assert.Single(log.Entries, static entry => entry.Id == 32);

        fails = false;
        _clock.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(3, (await AskAsync(client, 9)).Count(static name => name == "bad"));
    }

    private static async Task<List<string?>> AskAsync(TestServiceClient client, int calls)
    {
        var names = new List<string?>();
        for (var i = 0; i < calls; i++)
        {
            try
            {
                names.Add((await client.EchoUnaryAsync(new(), TestContext.Current.CancellationToken).Soon()).Message);
            }
            catch (ThriftStatusException)
            {
                names.Add(null);
            }
        }

        return names;
    }

    private void AssertEjectedFor(int seconds, ThriftCandidate candidate)
    {
        Assert.True(candidate.IsEjected);
        _clock.Advance(TimeSpan.FromSeconds(seconds) - TimeSpan.FromMilliseconds(1));
        Assert.True(candidate.IsEjected);
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.False(candidate.IsEjected);
    }

    private (OutlierEjection Ejection, List<ThriftCandidate> All) Watch(int count, ThriftOutlierEjectionOptions options)
    {
        var all = Enumerable.Range(1, count).Select(i => new ThriftCandidate(new ThriftEndpoint($"10.0.0.{i}:1"), _clock)).ToList();
        var ejection = new OutlierEjection(options, _clock, NullLogger.Instance, _ejections.Add);
        ejection.Watch([.. all]);
        return (ejection, all);
    }
}
