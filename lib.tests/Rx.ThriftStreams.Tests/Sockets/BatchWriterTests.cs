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

    private static BatchWriter Create(Pipe pipe, Action<Exception> onFailed)
        => new(pipe.Writer, new PeerMemory(long.MaxValue), TimeProvider.System, onFailed);
}
