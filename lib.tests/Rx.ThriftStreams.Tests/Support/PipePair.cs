using System.IO.Pipelines;
using Rx.ThriftStreams.Sockets;

namespace Rx.ThriftStreams.Tests.Support;

/// <summary>One end of a connection in memory.</summary>
internal class PipeEnd(PipeReader input, PipeWriter output) : IDuplexPipe, IConnectionControl
{
    private readonly TaskCompletionSource<Exception> _aborted = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public PipeReader Input => input;

    public PipeWriter Output => output;

    /// <summary>What a look at the socket would find.</summary>
    public bool HasPeerHungUp { get; set; }

    /// <summary>Completes when the connection is cut off.</summary>
    public Task<Exception> Aborted => _aborted.Task;

    public void Abort(Exception reason) => _aborted.TrySetResult(reason);

    /// <summary>Two ends, each of which reads what the other writes.</summary>
    public static (PipeEnd Ours, PipeEnd Theirs) CreatePair(long pauseThreshold = 64 * 1024)
    {
        var (first, second) = (NewPipe(pauseThreshold, PipeScheduler.ThreadPool), NewPipe(pauseThreshold, PipeScheduler.ThreadPool));
        return (new(first.Reader, second.Writer), new(second.Reader, first.Writer));
    }

    /// <summary>Two ends of which the second reads what arrives before the first one's flush returns, and whose bytes can be had without the pipe.</summary>
    /// <param name="pauseThreshold">How many unread bytes let a flush wait.</param>
    /// <param name="direct">Reads past the pipe.</param>
    public static (PipeEnd Ours, PipeEnd Theirs) CreateInline(long pauseThreshold, Func<Memory<byte>, ValueTask<int>> direct)
    {
        var (first, second) = (NewPipe(pauseThreshold, PipeScheduler.ThreadPool), NewPipe(pauseThreshold, PipeScheduler.Inline));
        return (new(first.Reader, second.Writer), new DirectPipeEnd(second.Reader, first.Writer, direct));
    }

    private static Pipe NewPipe(long pauseThreshold, PipeScheduler reader)
        => new(new PipeOptions(readerScheduler: reader, pauseWriterThreshold: pauseThreshold, resumeWriterThreshold: pauseThreshold / 2, useSynchronizationContext: false));
}

/// <summary>An end whose bytes can be had without the pipe.</summary>
internal sealed class DirectPipeEnd(PipeReader input, PipeWriter output, Func<Memory<byte>, ValueTask<int>> direct) : PipeEnd(input, output), IDirectInput
{
    public ValueTask<int> ReadAsync(Memory<byte> destination) => direct(destination);
}
