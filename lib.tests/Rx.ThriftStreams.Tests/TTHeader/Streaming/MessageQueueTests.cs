using System.Buffers;
using Rx.ThriftStreams.Transports.TTHeaderStreaming;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Tests.TTHeader.Streaming;

/// <summary>The memory of a queue: every array goes back to its pool once, and a buffer is rented in the size that the last batch needed.</summary>
/// <remarks>An array that a thread returns is the next one of its size that the thread rents: no test awaits anything in between.</remarks>
public sealed class MessageQueueTests
{
    private const int Large = 300_000;
    private readonly MessageQueue _queue = new();

    [Theory]
    [InlineData(FrameArray.LeastLength, true)]
    [InlineData(FrameArray.LeastLength - 1, false)]
    public void Add_MessageInAnArray_TakesItFromTheLeastLengthOn(int length, bool taken)
    {
        using var owner = new FrameArray();
        var array = owner.Rent(Large);

        _queue.Add(new ReadOnlySequence<byte>(array, 0, length), owner);

        if (taken)
        {
            Assert.Contains("No array", Assert.Throws<InvalidOperationException>(() => owner.Bytes).Message, StringComparison.Ordinal);
        }
        else
        {
            Assert.Same(array, owner.Bytes);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Take_TheNext_ReturnsTheArrayOfTheOneBefore(bool takesOver)
    {
        var array = AddLarge();
        Assert.True(_queue.TryTakeOver());
        Assert.True(_queue.TryTake(out _));
        Assert.NotSame(array, Next(Large));

        Assert.False(takesOver ? _queue.TryTakeOver() : _queue.TryTake(out _));

        Assert.Same(array, Next(Large));
    }

    [Fact]
    public void Drop_ReturnsTheArraysThatWereNotTakenOver_AndNoOthers()
    {
        var taken = AddLarge();
        Assert.True(_queue.TryTakeOver());
        Assert.True(_queue.TryTake(out _));
        var waiting = AddLarge();

        _queue.Drop();

        Assert.Same(waiting, Next(Large));
        Assert.NotSame(taken, Next(Large));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Array_Disposed_GoesBackUnlessItWasReleased(bool released)
    {
        var owner = new FrameArray();
        var array = owner.Rent(Large);
        if (released)
        {
            owner.Release();
        }

        owner.Dispose();
        owner.Dispose();

        Assert.Equal(!released, ReferenceEquals(array, Next(Large)));
        Assert.NotSame(array, Next(Large));
    }

    [Fact]
    public void Add_AfterABatch_RentsAtOnceWhatThatNeeded_AndMoreOnlyForMore()
    {
        const int Batch = 4 * 10_004;
        FillAndDrain(4);
        var known = Prepare(Batch);
        AddSmall(5);
        Assert.NotSame(known, Next(Batch));

        // Less than the batch is left of the buffer, and enough for what comes.
        AddSmall(10_000, 3);
        var larger = Prepare(2 * 64 * 1024);
        AddSmall(5);

        Assert.Same(larger, Next(2 * 64 * 1024));
    }

    [Fact]
    public void Add_AfterALargeBatch_RentsNoMoreThan64KiB()
    {
        FillAndDrain(30);
        var (known, guess) = (Prepare(30 * 10_004), Prepare(64 * 1024));

        AddSmall(5);

        Assert.Same(known, Next(30 * 10_004));
        Assert.NotSame(guess, Next(64 * 1024));
    }

    private byte[] AddLarge()
    {
        using var owner = new FrameArray();
        var array = owner.Rent(Large);
        _queue.Add(new ReadOnlySequence<byte>(array, 0, Large), owner);
        return array;
    }

    private void AddSmall(int length, int count = 1)
    {
        for (; count > 0; count--)
        {
            _queue.Add(new ReadOnlySequence<byte>(new byte[length]), owner: null);
        }
    }

    private void FillAndDrain(int messages)
    {
        AddSmall(10_000, messages);
        Assert.True(_queue.TryTakeOver());
        while (_queue.TryTake(out _))
        {
        }

        Assert.False(_queue.TryTakeOver());
    }

    /// <summary>Makes an array the next one of its size.</summary>
    private static byte[] Prepare(int length)
    {
        var array = ArrayPool<byte>.Shared.Rent(length);
        ArrayPool<byte>.Shared.Return(array);
        return array;
    }

    /// <summary>The next array of that size. It is kept from others, as nobody returns it.</summary>
    private static byte[] Next(int length) => ArrayPool<byte>.Shared.Rent(length);
}
