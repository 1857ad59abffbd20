using Microsoft.Extensions.Time.Testing;
using Rx.ThriftStreams.Sockets;

namespace Rx.ThriftStreams.Tests.Sockets;

public sealed class ConnectionSweepTests
{
    private readonly CountingClock _clock = new();

    [Fact]
    public void Sweep_Connections_AreAllVisitedOncePerPeriod()
    {
        using var sweep = new ConnectionSweep(_clock);
        var connections = new[] { new Swept(), new Swept(), new Swept() };
        foreach (var connection in connections)
        {
            sweep.Add(connection);
        }

        _clock.Advance(ConnectionSweep.Period);
        sweep.Remove(connections[0]);
        _clock.Advance(ConnectionSweep.Period);

        Assert.Equal([1, 2, 2], connections.Select(c => c.Visits));
        Assert.Equal(1, _clock.Timers);
    }

    [Fact]
    public void Remove_LastConnection_StopsTheTimerAndAddStartsAnother()
    {
        using var sweep = new ConnectionSweep(_clock);
        var connection = new Swept();
        Assert.Equal(0, _clock.Timers);
        sweep.Add(connection);
        sweep.Add(connection);
        sweep.Remove(connection);
        sweep.Remove(connection);
        Assert.Equal(0, _clock.Timers);

        sweep.Add(connection);

        _clock.Advance(ConnectionSweep.Period);
        Assert.Equal(1, connection.Visits);
    }

    [Fact]
    public void Add_AfterDispose_StartsNothing()
    {
        var sweep = new ConnectionSweep(_clock);
        sweep.Dispose();

        sweep.Add(new Swept());

        Assert.Equal(0, _clock.Timers);
    }

    private sealed class Swept : ISweptConnection
    {
        public int Visits { get; private set; }

        public void Sweep() => Visits++;
    }

    /// <summary>Knows how many of its timers are not disposed.</summary>
    private sealed class CountingClock : FakeTimeProvider
    {
        private int _timers;

        public int Timers => _timers;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _timers++;
            return new Timer(base.CreateTimer(callback, state, dueTime, period), () => _timers--);
        }

        private sealed class Timer(ITimer timer, Action disposed) : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => timer.Change(dueTime, period);

            public void Dispose()
            {
                timer.Dispose();
                disposed();
            }

            public ValueTask DisposeAsync()
            {
                Dispose();
                return default;
            }
        }
    }
}
