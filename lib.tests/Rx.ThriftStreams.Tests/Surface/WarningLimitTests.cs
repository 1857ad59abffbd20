using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Rx.ThriftStreams.Diagnostics;

namespace Rx.ThriftStreams.Tests.Surface;

/// <summary>Warnings that callers can cause.</summary>
public sealed class WarningLimitTests
{
    [Fact]
    public void TryTake_MoreThanAMinuteAllows_DropsThemAndCountsThemInTheNext()
    {
        var clock = new FakeTimeProvider();
        using var log = new LogCollector();
        var logger = log.CreateLogger("Rx.ThriftStreams.Server");
        var limit = new WarningLimit(clock);

        Assert.Equal(WarningLimit.PerMinute, Enumerable.Range(0, 50).Count(_ => limit.TryTake(logger)));
        Assert.Empty(log.Entries);
        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.True(limit.TryTake(logger));

        var entry = Assert.Single(log.Entries);
        Assert.Equal((LogLevel.Warning, "30 more entries of this level about callers were not logged."), (entry.Level, entry.Text));
    }
}
