using Demo.Echo;
using Rx.ThriftStreams.Resilience;
using Rx.ThriftStreams.Tests.Balancing;

namespace Rx.ThriftStreams.Tests.Governance;

/// <summary>Breakers cost no memory.</summary>
[Collection(nameof(BreakerAllocationTests))]
[CollectionDefinition(nameof(BreakerAllocationTests), DisableParallelization = true)]
public sealed class BreakerAllocationTests
{
    [Fact]
    public void Breaker_OfManyStreams_AllocatesNothing()
    {
        var breaker = new CircuitBreaker(ThriftCircuitScope.Service, "m", new(), TimeProvider.System, static (_, _) => { });
        Run();

        var before = GC.GetAllocatedBytesForCurrentThread();
        Run();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Run()
        {
            for (var i = 0; i < 10_000; i++)
            {
                Assert.True(breaker.TryEnter(out _));
                if (i % 100 == 0)
                {
                    breaker.Failed();
                }
                else
                {
                    breaker.Succeeded();
                }
            }
        }
    }

    [Fact]
    public void Pick_PastABrokenEndpoint_AllocatesNothing()
    {
        var all = Candidates.Of(1, 1, 1, 1);
        all[1].BlockFor(TimeSpan.FromDays(1));
        var picker = ThriftBalancers.RoundRobin.CreatePicker(all);
        var call = Candidates.Call();
        Run();

        var before = GC.GetAllocatedBytesForCurrentThread();
        Run();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Run()
        {
            for (var i = 0; i < 10_000; i++)
            {
                Assert.NotSame(all[1], picker.Pick(call));
            }
        }
    }

    [Fact]
    public async Task Call_WithBreakers_AllocatesAsMuchAsWithout()
    {
        var without = await MeasureAsync(new() { Resilience = { CircuitBreaker = null, ConnectRetry = null } });
        var with = await MeasureAsync(new());

        Assert.InRange(with - without, -16, 16);
    }

    /// <summary>The bytes of a stream of which one response is read. The transport completes everything immediately.</summary>
    private static async Task<double> MeasureAsync(ThriftChannelOptions options)
    {
        const int calls = 2000;
        await using var channel = ThriftChannel.ForTransport(new InstantTransport(), "instant", options.Snapshot());
        var client = new TestServiceClient(channel);
        var least = double.MaxValue;
        for (var round = 0; round < 5; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < calls; i++)
            {
                var stream = client.EchoServerAsync(new(), TestContext.Current.CancellationToken).GetAsyncEnumerator(CancellationToken.None);
                var next = stream.MoveNextAsync();
                Assert.True(next.IsCompletedSuccessfully && next.Result);
                var end = stream.DisposeAsync();
                Assert.True(end.IsCompletedSuccessfully);
            }

            least = Math.Min(least, (GC.GetAllocatedBytesForCurrentThread() - before) / (double)calls);
        }

        return least;
    }
}
