// <sample hosting-feed>
namespace Market;

/// <summary>Prices that go up and down, the same for all who watch.</summary>
internal sealed class PriceFeed(TimeProvider clock)
{
    private readonly long _since = clock.GetTimestamp();

    public Quote Now(string symbol, long number)
        => new() { Symbol = symbol, Cents = 10_000 + (long)(500 * Math.Sin(clock.GetElapsedTime(_since).TotalSeconds)), Number = number };
}
// </sample hosting-feed>
