using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.Tests.Transport;

public sealed class PeerMemoryTests
{
    private const int Block = 64 * 1024;

    [Fact]
    public void TryTake_UpToTheLimit_SucceedsAndOneByteMoreDoesNot()
    {
        var budget = new PeerMemory(1000);

        Assert.True(budget.TryTake(999));
        Assert.True(budget.TryTake(1));
        Assert.False(budget.TryTake(1));

        Assert.Equal(1000, budget.Used);
        Assert.False(budget.IsOver);
        budget.Return(1);
        Assert.True(budget.TryTake(1));
    }

    [Fact]
    public void Take_BeyondTheLimit_IsCountedAndOver()
    {
        var budget = new PeerMemory(1000);
        budget.Take(1000);
        Assert.False(budget.IsOver);

        budget.Take(1);

        Assert.True(budget.IsOver);
        budget.Return(1);
        Assert.False(budget.IsOver);
    }

    [Fact]
    public void TryTake_ParentHasNoRoom_TakesNothingFromEither()
    {
        var parent = new PeerMemory(4 * Block);
        var greedy = new PeerMemory(100 * Block, parent);
        var other = new PeerMemory(100 * Block, parent);
        Assert.True(greedy.TryTake(3 * Block));
        Assert.True(other.TryTake(Block));

        Assert.False(other.TryTake(Block));

        Assert.Equal(Block, other.Used);
        Assert.Equal(4 * Block, parent.Used);
        greedy.Return(3 * Block);
        greedy.Close();
        Assert.True(other.TryTake(Block));
    }

    [Fact]
    public void Take_BeyondTheParentsLimit_IsSeenByEveryChild()
    {
        var parent = new PeerMemory(2 * Block);
        var one = new PeerMemory(100 * Block, parent);
        var other = new PeerMemory(100 * Block, parent);

        one.Take(2 * Block);
        Assert.False(other.IsParentOver);
        one.Take(1);

        Assert.True(other.IsParentOver);
        Assert.False(other.IsOver);
    }

    [Fact]
    public void Return_KeepsAReserve_UntilClosed()
    {
        var parent = new PeerMemory(long.MaxValue);
        var child = new PeerMemory(long.MaxValue, parent);
        child.Take(20 * Block);
        child.Return(20 * Block);
        Assert.Equal(Block, parent.Used);

        child.Take(1);
        child.Close();
        Assert.Equal(Block, parent.Used);
        child.Return(1);

        Assert.Equal(0, parent.Used);
    }

    [Fact]
    public void TakeAndReturn_ByManyThreads_EndAtZero()
    {
        var parent = new PeerMemory(40 * Block);
        var children = Enumerable.Range(0, 4).Select(_ => new PeerMemory(20 * Block, parent)).ToArray();
        Parallel.For(0, 8, thread =>
        {
            var child = children[thread % children.Length];
            var random = new Random(thread);
            for (var i = 0; i < 20_000; i++)
            {
                var bytes = random.Next(1, 3 * Block);
                if (random.Next(2) == 0)
                {
                    child.Take(bytes);
                    child.Return(bytes);
                }
                else if (child.TryTake(bytes))
                {
                    child.Return(bytes);
                }
            }
        });

        Assert.All(children, child => Assert.Equal(0, child.Used));
        foreach (var child in children)
        {
            child.Close();
        }

        Assert.Equal(0, parent.Used);
    }
}
