using System.Buffers;
using System.IO.Pipelines;
using Rx.ThriftStreams.Sockets;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.Tests.Sockets;

public sealed class BatchWriterTests
{
    [Fact]
    public async Task Append_WhileAWriteIsUnderWay_GathersInOneWrite()
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 1, resumeWriterThreshold: 1, useSynchronizationContext: false));
        var writer = Create(pipe, _ => { });
        writer.TryAppend([1]);
        var first = await pipe.Reader.ReadAsync(TestContext.Current.CancellationToken);
        Assert.Equal(1, first.Buffer.Length);

        // The first write waits for its reader; everything else gathers after it.
        for (var i = 0; i < 1000; i++)
        {
            Assert.Equal(AppendResult.Appended, writer.TryAppend([2]));
        }

        pipe.Reader.AdvanceTo(first.Buffer.End);
        var second = await pipe.Reader.ReadAsync(TestContext.Current.CancellationToken);
        Assert.Equal(1000, second.Buffer.Length);
        var idle = writer.WhenIdleAsync();
        pipe.Reader.AdvanceTo(second.Buffer.End);
        await idle.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Append_LargeBuffers_WritesTheirContentInOrderAndLeavesThemUsable()
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 1, resumeWriterThreshold: 1, useSynchronizationContext: false));
        var writer = Create(pipe, _ => { });
        writer.TryAppend([1]);
        var first = await pipe.Reader.ReadAsync(TestContext.Current.CancellationToken);

        // The first large one comes when nothing waits, the second behind it.
        using var buffer = new Rx.ThriftStreams.Serialization.ThriftWriteBuffer();
        foreach (byte content in (byte[])[2, 3])
        {
            buffer.Reset();
            buffer.GetSpan(20_000)[..20_000].Fill(content);
            buffer.Advance(20_000);
            Assert.Equal(AppendResult.Appended, writer.TryAppend(buffer));
        }

        Assert.Equal(AppendResult.Appended, writer.TryAppend([4]));
        pipe.Reader.AdvanceTo(first.Buffer.End);
        var second = await pipe.Reader.ReadAtLeastAsync(40_001, TestContext.Current.CancellationToken);
        Assert.Equal([.. Enumerable.Repeat((byte)2, 20_000), .. Enumerable.Repeat((byte)3, 20_000), 4], second.Buffer.ToArray());
        var idle = writer.WhenIdleAsync();
        pipe.Reader.AdvanceTo(second.Buffer.End);
        await idle.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Append_MoreThanFits_SaysSo()
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 1, resumeWriterThreshold: 1, useSynchronizationContext: false));
        var writer = Create(pipe, _ => { });
        writer.TryAppend([1]);
        await pipe.Reader.ReadAsync(TestContext.Current.CancellationToken);

        Assert.Equal(AppendResult.Appended, writer.TryAppend(new byte[60_000]));
        Assert.Equal(AppendResult.Appended, writer.TryAppend(new byte[60_000]));
        Assert.False(writer.HasRoom);
        Assert.Equal(AppendResult.NoRoom, writer.TryAppend([1]));
    }

    [Fact]
    public async Task Append_ReaderIsGone_FailsOnceAndRefusesTheRest()
    {
        var failed = new TaskCompletionSource<Exception>(TaskCreationOptions.RunContinuationsAsynchronously);
        var pipe = new Pipe();
        await pipe.Reader.CompleteAsync();
        var writer = Create(pipe, error => failed.SetResult(error));
        writer.TryAppend([1]);

        Assert.IsType<IOException>(await failed.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));

        // The owner is notified first, then the writer refuses, then it is idle.
        await writer.WhenIdleAsync().WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.Equal(AppendResult.Failed, writer.TryAppend(new byte[100_000]));
    }

    [Fact]
    public async Task AppendControl_PeerNeverReads_FailsBeyondTheLimitAndKeepsNoMore()
    {
        var errors = new List<Exception>();
        var memory = new PeerMemory(long.MaxValue);
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 1, resumeWriterThreshold: 1, useSynchronizationContext: false));
        var writer = new BatchWriter(pipe.Writer, memory, TimeProvider.System, errors.Add);
        writer.TryAppend([1]);
        await pipe.Reader.ReadAsync(TestContext.Current.CancellationToken);

        for (var i = 0; i < 16; i++)
        {
            writer.AppendControl(new byte[1024 * 1024]);
        }

        Assert.Empty(errors);
        for (var i = 0; i < 100; i++)
        {
            writer.AppendControl(new byte[1024 * 1024]);
        }

        Assert.Equal(100, errors.Count);
        Assert.InRange(memory.Used, 16 * 1024 * 1024, 33 * 1024 * 1024);
    }

    [Fact]
    public async Task AppendControl_MoreThanTheLimitInALongLife_IsNoFailure()
    {
        var errors = new List<Exception>();
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0, useSynchronizationContext: false));
        var writer = Create(pipe, errors.Add);

        for (var i = 0; i < 20; i++)
        {
            writer.AppendControl(new byte[1024 * 1024]);
            Assert.Empty(errors);
            await writer.WhenIdleAsync().Soon();
            var read = await pipe.Reader.ReadAsync(TestContext.Current.CancellationToken);
            pipe.Reader.AdvanceTo(read.Buffer.End);
        }
    }

    [Fact]
    public async Task AppendAsync_NoRoom_WaitsUntilThePeerReads()
    {
        var (writer, pipe, first) = await FullAsync();

        var append = writer.AppendAsync(new byte[1]);
        Assert.False(append.IsCompleted);
        pipe.Reader.AdvanceTo(first.Buffer.End);

        Assert.True(await append.Soon());
    }

    [Fact]
    public async Task AppendAsync_ConnectionFailsMeanwhile_IsRefused()
    {
        var (writer, _, _) = await FullAsync();

        var append = writer.AppendAsync(new byte[1]);
        writer.Fail();

        Assert.False(await append.Soon());
        Assert.False(await writer.AppendAsync(new byte[1]).Soon());
    }

    [Fact]
    public async Task TryWait_RoomCameMeanwhileOrNeverWill_IsRefused()
    {
        var waiter = new Waiter();
        var (writer, pipe, first) = await FullAsync();
        Assert.True(writer.TryWait(waiter));
        pipe.Reader.AdvanceTo(first.Buffer.End);
        await waiter.Woken.Soon();

        Assert.True(writer.HasRoom);
        Assert.False(writer.TryWait(waiter));
        writer.Fail();
        Assert.False(writer.TryWait(waiter));
    }

    /// <summary>A writer whose room is used up while a write waits for its reader.</summary>
    private static async Task<(BatchWriter Writer, Pipe Pipe, ReadResult First)> FullAsync()
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 1, resumeWriterThreshold: 1, useSynchronizationContext: false));
        var writer = Create(pipe, _ => { });
        writer.TryAppend([1]);
        var first = await pipe.Reader.ReadAsync(TestContext.Current.CancellationToken);
        writer.TryAppend(new byte[100_000]);
        Assert.False(writer.HasRoom);
        return (writer, pipe, first);
    }

    private static BatchWriter Create(Pipe pipe, Action<Exception> onFailed)
        => new(pipe.Writer, new PeerMemory(long.MaxValue), TimeProvider.System, onFailed);

    private sealed class Waiter : IRoomWaiter
    {
        private readonly TaskCompletionSource _woken = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Woken => _woken.Task;

        public void Wake() => _woken.TrySetResult();
    }
}
