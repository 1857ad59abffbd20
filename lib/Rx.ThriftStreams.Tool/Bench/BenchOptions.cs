namespace Rx.ThriftStreams.Tool;

/// <summary>What a bench does.</summary>
/// <param name="Concurrency">How many calls run at a time, at most.</param>
/// <param name="Connections">How many channels they share.</param>
/// <param name="Rate">How many calls begin in a second; <see langword="null"/> for as many as their ends permit.</param>
/// <param name="Duration">How long calls are measured.</param>
/// <param name="WarmUp">How long calls are made before.</param>
/// <param name="Grace">How long the last calls may take after <paramref name="Duration"/>.</param>
/// <param name="Messages">The messages of each stream; of a server's stream, how many are received at most.</param>
internal sealed record BenchOptions(int Concurrency, int Connections, double? Rate, TimeSpan Duration, TimeSpan WarmUp, TimeSpan Grace, int Messages)
{
    /// <exception cref="UsageException">A value is out of range.</exception>
    public void Validate()
    {
        if (Concurrency is < 1 or > 100_000 || Connections < 1 || Connections > Concurrency)
        {
            throw new UsageException("--concurrency is between 1 and 100000, and --connections between 1 and --concurrency.");
        }

        if (Rate is { } rate && !(rate is > 0 and <= 10_000_000))
        {
            throw new UsageException("--rate is a positive number of calls a second, 10000000 at most.");
        }

        if (Messages < 1)
        {
            throw new UsageException("--messages is 1 at least.");
        }
    }
}
