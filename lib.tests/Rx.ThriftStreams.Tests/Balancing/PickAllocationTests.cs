namespace Rx.ThriftStreams.Tests.Balancing;

/// <summary>Choosing an endpoint allocates nothing.</summary>
public sealed class PickAllocationTests
{
    [Theory]
    [InlineData("RoundRobin")]
    [InlineData("InterleavedRoundRobin")]
    [InlineData("Random")]
    [InlineData("Alias")]
    [InlineData("LeastStreams")]
    [InlineData("PickTwo")]
    [InlineData("ConsistentHash")]
    public void Pick_ManyTimes_AllocatesNothing(string name)
    {
        var all = Candidates.Of(3, 2, 1, 5);
        var balancer = name == "ConsistentHash" ? ThriftBalancers.ConsistentHash() : PickerTests.Balancer(name);
        var picker = balancer.Preferring("zone", "none").CreatePicker(all);
        var call = Candidates.Call("key", all[0]);
        Run();

        var before = GC.GetAllocatedBytesForCurrentThread();
        Run();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Run()
        {
            for (var i = 0; i < 10_000; i++)
            {
                picker.Pick(call);
            }
        }
    }
}
