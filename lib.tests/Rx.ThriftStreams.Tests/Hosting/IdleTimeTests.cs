using Rx.ThriftStreams.AspNetCore.Dispatch;

namespace Rx.ThriftStreams.Tests.Hosting;

/// <summary>Connections that became idle together do not all close together.</summary>
public sealed class IdleTimeTests
{
    [Fact]
    public void IdleTime_OfManyConnections_IsSpreadBelowTheLimit()
    {
        var limit = TimeSpan.FromMinutes(10);

        var times = Enumerable.Range(0, 1000).Select(_ => ConnectionAge.IdleTimeOf(limit)).ToList();

        Assert.All(times, time => Assert.InRange(time, limit * 0.9, limit));
        Assert.True(times.Max() - times.Min() > limit * 0.05, "A thousand idle times lie within a twentieth of the limit.");
    }

    [Fact]
    public void IdleTime_WithoutALimit_StaysSo() => Assert.Equal(Timeout.InfiniteTimeSpan, ConnectionAge.IdleTimeOf(Timeout.InfiniteTimeSpan));
}
