namespace Rx.ThriftStreams.Tests.Support;

/// <summary>What the whole process allocates, for tests that run alone.</summary>
internal static class Allocations
{
    private const int Rounds = 5;

    /// <summary>Runs something once to warm up, then in rounds.</summary>
    /// <param name="count">How many of what is measured a round has.</param>
    /// <param name="run">A round.</param>
    /// <returns>
    /// The bytes of one in the round that allocated least: the runtime's pools release memory at collections and allocate it again, and a round in which that did not happen counts.
    /// </returns>
    internal static async Task<double> LeastAsync(int count, Func<Task> run)
    {
        await run().Soon();
        var least = double.MaxValue;
        for (var round = 0; round < Rounds; round++)
        {
            var before = GC.GetTotalAllocatedBytes(precise: true);
            await run().Soon();
            least = Math.Min(least, (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)count);
        }

        TestContext.Current.TestOutputHelper!.WriteLine($"{least:0.0} bytes");
        return least;
    }
}
