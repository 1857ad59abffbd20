using System.IO.Pipelines;
using Rx.ThriftStreams.Sockets;

namespace Rx.ThriftStreams.Tests.Support;

/// <summary>One end of a connection in memory.</summary>
internal sealed class PipeEnd(PipeReader input, PipeWriter output) : IDuplexPipe, IConnectionControl
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
        var options = new PipeOptions(pauseWriterThreshold: pauseThreshold, resumeWriterThreshold: pauseThreshold / 2, useSynchronizationContext: false);
        var first = new Pipe(options);
        var second = new Pipe(options);
        return (new(first.Reader, second.Writer), new(second.Reader, first.Writer));
    }
}
