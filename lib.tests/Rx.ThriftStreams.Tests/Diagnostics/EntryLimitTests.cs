using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Rx.ThriftStreams.Diagnostics;

namespace Rx.ThriftStreams.Tests.Diagnostics;

/// <summary>Entries that callers can cause.</summary>
public sealed class EntryLimitTests : IDisposable
{
    private readonly FakeTimeProvider _clock = new();
    private readonly LogCollector _log = new();
    private readonly EntryLimits _limits;

    public EntryLimitTests() => _limits = new(_log.CreateLogger("Rx.ThriftStreams.Server"), _clock);

    [Fact]
    public void TryTake_MoreThanAMinuteAllows_CountsTheRestWhenTheMinuteIsOver()
    {
        Assert.Equal(EntryLimits.PerMinute, Take(62, 50));
        _clock.Advance(TimeSpan.FromSeconds(59));
        Assert.Empty(_log.Entries);

        _clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal((LogLevel.Warning, 13, "Entries with the id 62 that were not logged within a minute: 30."), Assert.Single(_log.Entries) is var entry ? (entry.Level, entry.Id, entry.Text) : default);
        Assert.Equal(EntryLimits.PerMinute, Take(62, 21));
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("Entries with the id 62 that were not logged within a minute: 1.", _log.Entries[^1].Text);
    }

    [Fact]
    public void TryTake_OfOneId_LeavesTheOthersAlone()
    {
        Take(62, 50);

        Assert.Equal(1, Take(11, 1));
    }

    [Fact]
    public void TryTake_AsManyAsAllowed_CountsNothing()
    {
        Take(62, EntryLimits.PerMinute);

        _clock.Advance(TimeSpan.FromMinutes(2));
        _limits.Dispose();

        Assert.Empty(_log.Entries);
    }

    [Fact]
    public void TryTake_OfALevelThatIsNotLogged_IsRefusedAndNotCounted()
    {
        using var factory = LoggerFactory.Create(logging => logging.AddProvider(_log).SetMinimumLevel(LogLevel.Error));
        using var limits = new EntryLimits(factory.CreateLogger("x"), _clock);

        Assert.DoesNotContain(true, Enumerable.Range(0, 50).Select(_ => limits.TryTake(62, LogLevel.Warning)));
        _clock.Advance(TimeSpan.FromMinutes(1));

        Assert.Empty(_log.Entries);
    }

    [Fact]
    public void Dispose_WithinAMinute_CountsTheRest()
    {
        Take(62, 25);

        _limits.Dispose();
        _clock.Advance(TimeSpan.FromMinutes(5));

        Assert.Equal("Entries with the id 62 that were not logged within a minute: 5.", Assert.Single(_log.Entries).Text);
    }

    public void Dispose()
    {
        _limits.Dispose();
        _log.Dispose();
    }

    private int Take(int id, int count) => Enumerable.Range(0, count).Count(_ => _limits.TryTake(id, LogLevel.Warning));
}
