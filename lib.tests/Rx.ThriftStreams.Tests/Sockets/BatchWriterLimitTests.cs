using System.Collections.Concurrent;
using Microsoft.Extensions.Time.Testing;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Sockets;
using Rx.ThriftStreams.Transport;
using static Rx.ThriftStreams.Tests.Support.Waits;

namespace Rx.ThriftStreams.Tests.Sockets;

/// <summary>The limits of a writer from both sides, what it counts and gives back, whom it wakes, and how it fails: with writes that the test completes.</summary>
public sealed class BatchWriterLimitTests
{
    private const int HighWater = 64 * 1024;
    private const int LeastExchanged = 16 * 1024;
    private const int LargestPart = 1024 * 1024;

    private readonly HeldPipeWriter _output = new();
    private readonly PeerMemory _memory = new(long.MaxValue);
    private readonly FakeTimeProvider _clock = new();
    private readonly ConcurrentQueue<Exception> _errors = new();
    private readonly BatchWriter _writer;

    public BatchWriterLimitTests() => _writer = new BatchWriter(_output, _memory, _clock, _errors.Enqueue);

    [Theory]
    [InlineData(HighWater, true)]
    [InlineData(HighWater + 1, false)]
    public void Append_UpToTheHighWaterMark_LeavesRoom(int bytes, bool hasRoom)
    {
        Begin();

        Assert.Equal(AppendResult.Appended, _writer.TryAppend(new byte[bytes]));

        Assert.Equal(hasRoom, _writer.HasRoom);
        Assert.Equal(hasRoom ? AppendResult.Appended : AppendResult.NoRoom, _writer.TryAppend([1]));
    }

    [Theory]
    [InlineData(LeastExchanged - 1, false, false)]
    [InlineData(LeastExchanged, false, true)]
    [InlineData(LeastExchanged, true, false)]
    public void Append_LargeBufferThatComesFirst_IsExchangedAndNotCopied(int bytes, bool isSecond, bool isExchanged)
    {
        Begin();
        if (isSecond)
        {
            _writer.TryAppend([7]);
        }

        using var buffer = new ThriftWriteBuffer();
        buffer.GetSpan(bytes)[..bytes].Fill(5);
        buffer.Advance(bytes);

        Assert.Equal(AppendResult.Appended, _writer.TryAppend(buffer));

        Assert.Equal(isExchanged ? 0 : bytes, buffer.Length);
        _output.Complete();
        Assert.Equal([.. isSecond ? (byte[])[7] : [], .. Enumerable.Repeat((byte)5, bytes)], _output.Begun());
    }

    [Fact]
    public void Append_MoreThanAPart_IsWrittenInParts()
    {
        Begin();
        var bytes = new byte[(2 * LargestPart) + 3];
        Random.Shared.NextBytes(bytes);
        _writer.TryAppend(bytes);
        _output.Complete();

        byte[][] parts = [_output.Begun(), Next(), Next()];

        Assert.Equal([LargestPart, LargestPart, 3], parts.Select(static part => part.Length));
        Assert.Equal(bytes, parts.SelectMany(static part => part));

        byte[] Next()
        {
            _output.Complete();
            return _output.Begun();
        }
    }

    [Fact]
    public async Task Senders_ThatWait_AreWokenEightAtATimeInTheirOrder()
    {
        Begin();
        _writer.TryAppend(new byte[HighWater + 1]);
        var woken = new ConcurrentQueue<int>();
        var waiters = Enumerable.Range(0, 12).Select(number => new Counter(() => woken.Enqueue(number))).ToList();
        Assert.All(waiters, waiter => Assert.True(_writer.TryWait(waiter)));

        _output.Complete();
        _output.Begun();
        Assert.Equal(Enumerable.Range(0, 8), woken);

        // One of them appends and leaves room: the next is woken. One that leaves none wakes nobody.
        Assert.Equal(AppendResult.Appended, _writer.TryAppend([1]));
        Assert.Equal(Enumerable.Range(0, 9), woken);
        Assert.Equal(AppendResult.Appended, _writer.TryAppend(new byte[HighWater]));
        Assert.Equal(Enumerable.Range(0, 9), woken);

        // The batch that follows wakes the rest, each of them once.
        _output.Complete();
        _output.Begun();
        Assert.Equal(Enumerable.Range(0, 12), woken);
        _output.Complete();
        await _writer.WhenIdleAsync().Soon();
        Assert.Equal(Enumerable.Range(0, 12), woken);
    }

    [Fact]
    public async Task Senders_ThatWaitWhileNobodyAppends_AreAllWokenBeforeItIsIdle()
    {
        Begin();
        _writer.TryAppend(new byte[HighWater + 1]);
        var woken = 0;
        for (var i = 0; i < 20; i++)
        {
            Assert.True(_writer.TryWait(new Counter(() => Interlocked.Increment(ref woken))));
        }

        _output.Complete();
        _output.Begun();
        Assert.Equal(8, Volatile.Read(ref woken));
        var idle = _writer.WhenIdleAsync();
        _output.Complete();
        await idle.Soon();

        await Until(() => Volatile.Read(ref woken) == 20);
        Assert.True(_writer.HasRoom);
    }

    [Fact]
    public async Task Idle_AfterALargeBatch_HoldsNothingAndHasRoom()
    {
        Begin();
        _writer.TryAppend(new byte[HighWater + 1]);
        Assert.InRange(_memory.Used, HighWater + 1, 4 * HighWater);
        _output.Complete();
        _output.Begun();
        _output.Complete();

        await _writer.WhenIdleAsync().Soon();

        Assert.Equal(0, _memory.Used);
        Assert.True(_writer.HasRoom);
        Assert.Same(Task.CompletedTask, _writer.WhenIdleAsync());
    }

    [Fact]
    public async Task Idle_AskedTwice_CompletesBoth()
    {
        Begin();
        var (first, second) = (_writer.WhenIdleAsync(), _writer.WhenIdleAsync());
        Assert.False(first.IsCompleted);

        _output.Complete();

        await Task.WhenAll(first, second).Soon();
    }

    [Theory]
    [InlineData(40_000, 40_000, 64 * 1024)]
    [InlineData(900_000, 1, HighWater)]
    public async Task Buffer_AfterABatch_BeginsAsLargeAsThatWasUpToTheHighWaterMark(int batch, int least, int most)
    {
        Begin();
        _writer.TryAppend(new byte[batch]);
        _output.Complete();
        _output.Begun();
        _output.Complete();
        await _writer.WhenIdleAsync().Soon();

        _writer.TryAppend([1]);

        Assert.InRange(_memory.Used, least, most);
    }

    [Fact]
    public void Fail_WhileAWriteIsUnderWay_GivesBackWhatWaitsBehindIt()
    {
        Begin();
        var writing = _memory.Used;
        _writer.TryAppend(new byte[60_000]);
        Assert.True(_memory.Used > writing + 50_000);

        _writer.Fail();

        Assert.Equal(writing, _memory.Used);
        Assert.Equal(AppendResult.Failed, _writer.TryAppend([1]));
        _writer.AppendControl(new byte[100]);
        Assert.Equal(writing, _memory.Used);
    }

    [Fact]
    public async Task Fail_WhileAWriteIsUnderWay_IsIdleWhenTheWriteEnds()
    {
        Begin();
        _writer.TryAppend([2]);
        _writer.Fail();
        var idle = _writer.WhenIdleAsync();

        _output.Complete();

        await idle.Soon();
        Assert.False(_output.HasBegun);
        Assert.Equal(0, _memory.Used);
    }

    [Fact]
    public async Task Write_ThatThrowsAtOnce_IsTheFailure()
    {
        var error = new IOException("gone");
        _output.Refusal = error;

        _writer.TryAppend([1]);

        await _writer.WhenIdleAsync().Soon();
        Assert.Same(error, Assert.Single(_errors));
        Assert.Equal(AppendResult.Failed, _writer.TryAppend([1]));
    }

    [Fact]
    public async Task Write_ThatFailsLater_IsTheFailure()
    {
        Begin();
        _writer.TryAppend([2]);
        var error = new IOException("reset");

        _output.Fail(error);

        await _writer.WhenIdleAsync().Soon();
        Assert.Same(error, Assert.Single(_errors));
        Assert.False(_output.HasBegun);
        Assert.Equal(AppendResult.Failed, _writer.TryAppend([1]));
    }

    [Fact]
    public async Task Write_ToAnOutputThatHasEnded_SaysThatTheConnectionIsClosed()
    {
        Begin();

        _output.Complete(isCompleted: true);

        await _writer.WhenIdleAsync().Soon();
        Assert.Equal("The connection is closed.", Assert.IsType<IOException>(Assert.Single(_errors)).Message);
    }

    [Fact]
    public async Task StalledFor_CountsFromTheBeginningOfEachPart()
    {
        Assert.Equal(TimeSpan.Zero, _writer.StalledFor);
        Begin();
        _writer.TryAppend(new byte[LargestPart + 1]);
        _clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(TimeSpan.FromSeconds(5), _writer.StalledFor);

        _output.Complete();
        _output.Begun();
        _clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(TimeSpan.FromSeconds(2), _writer.StalledFor);

        _output.Complete();
        _output.Begun();
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(TimeSpan.FromSeconds(1), _writer.StalledFor);

        _output.Complete();
        await _writer.WhenIdleAsync().Soon();
        _clock.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal(TimeSpan.Zero, _writer.StalledFor);
    }

    [Theory]
    [InlineData(HighWater, false, 0)]
    [InlineData(HighWater + 1, false, 0)]
    [InlineData(HighWater, true, 0)]
    [InlineData(HighWater + 1, true, 1)]
    public void Control_BeyondTheHighWaterMark_FailsOnlyWhenTheServerHasNoMemory(int bytes, bool isParentOver, int failures)
    {
        var server = new PeerMemory(1);
        var output = new HeldPipeWriter();
        var writer = new BatchWriter(output, new PeerMemory(long.MaxValue, server), _clock, _errors.Enqueue);
        writer.AppendControl([1]);
        output.Begun();
        if (isParentOver)
        {
            server.Take(10);
            Assert.True(server.IsOver);
        }
        else
        {
            server.Return(server.Used);
        }

        writer.AppendControl(new byte[bytes]);

        Assert.Equal(failures, _errors.Count);
        Assert.All(_errors, static error => Assert.Equal("The peer does not read what is sent to it.", error.Message));
    }

    [Fact]
    public void Control_ThatIsRefused_BeginsNoWrite()
    {
        var server = new PeerMemory(1);
        server.Take(10);
        var output = new HeldPipeWriter();
        var writer = new BatchWriter(output, new PeerMemory(long.MaxValue, server), _clock, _errors.Enqueue);

        writer.AppendControl(new byte[HighWater + 1]);

        Assert.Single(_errors);
        Assert.Same(Task.CompletedTask, writer.WhenIdleAsync());
    }

    /// <summary>A write is under way: everything that is appended gathers behind it.</summary>
    private void Begin()
    {
        _writer.TryAppend([1]);
        _output.Begun();
    }

    private sealed class Counter(Action woken) : IRoomWaiter
    {
        public void Wake() => woken();
    }
}
