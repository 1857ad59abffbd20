using System.IO.Pipelines;
using Rx.ThriftStreams.Transports.TTHeaderStreaming;

namespace Rx.ThriftStreams.Tests.TTHeader.Streaming;

public sealed class FrameWriterTests
{
    [Fact]
    public async Task Append_WhileAWriteIsUnderWay_GathersInOneWrite()
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 1, resumeWriterThreshold: 1, useSynchronizationContext: false));
        var writer = new FrameWriter(pipe.Writer, _ => { });
        writer.Append([1]);
        var first = await pipe.Reader.ReadAsync(TestContext.Current.CancellationToken);
        Assert.Equal(1, first.Buffer.Length);

        // The first write waits for its reader; everything else gathers behind it.
        for (var i = 0; i < 1000; i++)
        {
            Assert.True(writer.Append([2]));
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
        var writer = new FrameWriter(pipe.Writer, _ => { });
        writer.Append([1]);
        await pipe.Reader.ReadAsync(TestContext.Current.CancellationToken);

        Assert.True(writer.Append(new byte[60_000]));
        Assert.False(writer.Append(new byte[60_000]));
    }

    [Fact]
    public async Task Append_ReaderIsGone_FailsOnceAndDropsTheRest()
    {
        var failed = new TaskCompletionSource<Exception>(TaskCreationOptions.RunContinuationsAsynchronously);
        var pipe = new Pipe();
        await pipe.Reader.CompleteAsync();
        var writer = new FrameWriter(pipe.Writer, error => failed.SetResult(error));
        writer.Append([1]);

        Assert.IsType<IOException>(await failed.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        Assert.True(writer.Append(new byte[100_000]));
        await writer.WhenIdleAsync().WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }
}
