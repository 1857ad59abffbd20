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
        Assert.Equal(1, _clock.Running);
    }

    [Fact]
    public void Remove_LastConnection_StopsTheTimerAndAddStartsAnother()
    {
        using var sweep = new ConnectionSweep(_clock);
        var connection = new Swept();
        Assert.Equal(0, _clock.Running);
        sweep.Add(connection);
        sweep.Add(connection);
        sweep.Remove(connection);
        sweep.Remove(connection);
        Assert.Equal(0, _clock.Running);

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

        Assert.Equal(0, _clock.Running);
    }

    private sealed class Swept : ISweptConnection
    {
        public int Visits { get; private set; }

        public void Sweep() => Visits++;
    }
}
