using Microsoft.Extensions.Time.Testing;
using Rx.ThriftStreams.Sockets;

namespace Rx.ThriftStreams.Tests.PingPong;

public sealed class ConnectionSetTests
{
    private static readonly TimeSpan IdleTimeout = TimeSpan.FromSeconds(60);
    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public async Task Add_AfterDisposal_ClosesTheConnectionAndFails()
    {
        var set = NewSet();
        await set.DisposeAsync();
        var late = new Connection();

        Assert.Equal(ThriftStatusCode.Unavailable, Assert.Throws<ThriftTransportException>(() => set.Add(late)).StatusCode);

        Assert.NotNull(late.Closed);
    }

    [Fact]
    public async Task Dispose_BusyAndIdleConnections_ClosesAll()
    {
        var set = NewSet();
        var (busy, idle, gone) = (set.Add(new Connection()), set.Add(new Connection()), set.Add(new Connection()));
        Assert.True(set.TryKeep(idle));
        set.Remove(gone);

        await set.DisposeAsync();

        Assert.NotNull(busy.Closed);
        Assert.NotNull(idle.Closed);
        Assert.Null(gone.Closed);
        Assert.False(set.TryKeep(busy));
        Assert.Null(set.TryTake());
    }

    [Fact]
    public async Task Timer_IdleForTheLimit_ClosesIdleConnectionsOnly()
    {
        await using var set = NewSet();
        var (busy, idle) = (set.Add(new Connection()), set.Add(new Connection()));
        set.TryKeep(idle);

        _clock.Advance(IdleTimeout / 2);
        Assert.Null(idle.Closed);
        _clock.Advance(IdleTimeout);

        Assert.NotNull(idle.Closed);
        Assert.Null(busy.Closed);
        Assert.Null(set.TryTake());
    }

    [Fact]
    public async Task Timer_ConnectionWasUsedForLongerThanTheLimit_CountsFromTheEndOfItsCall()
    {
        await using var set = NewSet();
        var connection = set.Add(new Connection());
        _clock.Advance(2 * IdleTimeout);
        set.TryKeep(connection);

        _clock.Advance(IdleTimeout / 2);

        Assert.Same(connection, set.TryTake());
        Assert.Null(connection.Closed);
    }

    [Fact]
    public async Task TryTake_NewestFirstAndStaleOnesClosed()
    {
        await using var set = NewSet();
        var (old, newer, stale) = (set.Add(new Connection()), set.Add(new Connection()), set.Add(new Connection()));
        set.TryKeep(old);
        set.TryKeep(newer);
        set.TryKeep(stale);
        stale.IsStale = true;

        Assert.Same(newer, set.TryTake());
        Assert.NotNull(stale.Closed);
        Assert.Same(old, set.TryTake());
        Assert.Null(set.TryTake());
    }

    [Fact]
    public async Task TryKeep_MoreThanTheCapacity_IsRefused()
    {
        await using var set = NewSet();
        var connections = Enumerable.Range(0, 4).Select(_ => set.Add(new Connection())).ToList();

        Assert.Equal([true, true, true, false], connections.Select(set.TryKeep));
    }

    private ConnectionSet<Connection> NewSet() => new("peer:1", capacity: 3, IdleTimeout, new ThriftChannelOptions { TimeProvider = _clock });

    private sealed class Connection : IPooledConnection
    {
        private CallGate _gate;

        internal Connection() => _gate.TryEnter();

        internal ThriftTransportException? Closed { get; private set; }

        public long IdleSince { get; set; }

        public bool IsStale { get; set; }

        public bool TryEnter() => _gate.TryEnter();

        public void Exit() => _gate.Exit();

        public bool TryRetire() => _gate.TryRetire();

        public void Close(ThriftTransportException reason) => Closed = reason;
    }
}
