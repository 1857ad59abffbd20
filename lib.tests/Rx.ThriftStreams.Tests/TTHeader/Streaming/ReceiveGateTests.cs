using System.Buffers;
using Rx.ThriftStreams.Transports.TTHeaderStreaming;

namespace Rx.ThriftStreams.Tests.TTHeader.Streaming;

/// <summary>The gate of a connection's reader: it closes at a limit and not before, and whoever waits is let through by whatever opens it.</summary>
public sealed class ReceiveGateTests
{
    private const int StreamBytes = 10_000;
    private const int MaxMessage = 5_000;
    private const int Memory = 1_600_000;

    private readonly BareConnection _connection = BareConnection.Create(StreamBytes, Memory, MaxMessage).Connection;

    private ReceiveGate Gate => _connection.Gate;

    [Theory]
    [InlineData(false, StreamBytes)]
    [InlineData(true, StreamBytes + MaxMessage + StreamLimits.MessageOverhead)]
    public void IsOver_ExactlyAtTheLimit_IsNot(bool keepsWindow, int limit)
    {
        var stream = _connection.Add(keepsWindow: keepsWindow);
        Queue(stream, limit - 1);
        Assert.False(Gate.IsOver(stream));
        Queue(_connection.Add(2), 9);

        // The smallest message: a byte and its overhead.
        var exact = _connection.Add(3, keepsWindow: keepsWindow);
        Queue(exact, limit);
        Assert.False(Gate.IsOver(exact));
        Queue(stream, 9);

        Assert.True(Gate.IsOver(stream));
    }

    [Fact]
    public void CloseFor_AStreamThatHasRoomByNow_LeavesTheGateOpen()
    {
        var stream = _connection.Add();
        Queue(stream, StreamBytes);

        Gate.CloseFor(stream);

        Assert.Equal((false, null, true), (Gate.IsClosed, Gate.FullStream, Gate.WaitAsync().IsCompletedSuccessfully));
    }

    [Fact]
    public void CloseForConnection_ThatHasRoomByNow_LeavesTheGateOpen()
    {
        _connection.Memory.Take(Memory - (Memory / 16));

        Gate.CloseForConnection(_connection.Add());

        Assert.Equal((false, true), (Gate.IsClosed, Gate.WaitAsync().IsCompletedSuccessfully));
    }

    [Fact]
    public void CloseFor_AFullStream_OpensWhenThatStreamHasRoom()
    {
        var (full, other) = (Full(1), _connection.Add(2));
        Gate.CloseFor(full);
        var wait = Gate.WaitAsync();
        Assert.Equal((true, full, false), (Gate.IsClosed, Gate.FullStream, wait.IsCompleted));

        Gate.OnReleased(other);
        Gate.OnReleased(full);
        Assert.True(Gate.IsClosed);
        full.Inbox.Fail(new IOException());

        Assert.Equal((false, null, true), (Gate.IsClosed, Gate.FullStream, wait.IsCompletedSuccessfully));
    }

    [Fact]
    public void CloseForConnection_OpensWhenASixteenthIsFree()
    {
        var stream = _connection.Add();
        _connection.Memory.Take(Memory + 1);
        Gate.CloseForConnection(stream);
        var wait = Gate.WaitAsync();
        _connection.Memory.Return(Memory / 16);
        Gate.OnReleased(stream);
        Assert.Equal((true, false, null), (Gate.IsClosed, wait.IsCompleted, Gate.FullStream));

        _connection.Memory.Return(1);
        Gate.OnReleased(stream);

        Assert.Equal((false, true), (Gate.IsClosed, wait.IsCompletedSuccessfully));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Close_Again_KeepsThoseThatWaitAlready(bool streamFirst)
    {
        var full = Full(1);
        _connection.Memory.Take(Memory);
        Action[] closings = [() => Gate.CloseFor(full), () => Gate.CloseForConnection(full)];
        closings[streamFirst ? 0 : 1]();
        var wait = Gate.WaitAsync();
        closings[streamFirst ? 1 : 0]();
        Assert.False(wait.IsCompleted);

        Gate.Lift();

        Assert.True(wait.IsCompletedSuccessfully);
    }

    [Theory]
    [InlineData(true, 1, true)]
    [InlineData(true, 0, false)]
    [InlineData(false, 1, false)]
    [InlineData(false, 0, false)]
    public void Recheck_OfAFullConnection_OpensUnlessQueuedMessagesHoldItsMemory(bool hasQueued, int beyond, bool closed)
    {
        _connection.Memory.Take(Memory + 1);
        Gate.CloseForConnection(_connection.Add());
        _connection.Memory.Return(1 - beyond);

        Gate.Recheck(hasQueued);

        Assert.Equal(closed, Gate.IsClosed);
    }

    [Fact]
    public void Recheck_OfAFullStream_LeavesItClosed()
    {
        Gate.CloseFor(Full(1));

        Gate.Recheck(hasQueued: false);

        Assert.True(Gate.IsClosed);
    }

    [Fact]
    public void Lift_KeepsTheGateOpenForGood()
    {
        var full = Full(1);
        Gate.Lift();

        Gate.CloseFor(full);

        Assert.Equal((false, true), (Gate.IsClosed, Gate.WaitAsync().IsCompletedSuccessfully));
    }

    private BareStream Full(int id)
    {
        var stream = _connection.Add(id);
        Queue(stream, StreamBytes + 1);
        return stream;
    }

    /// <summary>Queues a message that counts as so many bytes.</summary>
    private static void Queue(BareStream stream, int cost)
        => stream.Inbox.OnData(new ReadOnlySequence<byte>(new byte[cost - StreamLimits.MessageOverhead]), owner: null);
}
