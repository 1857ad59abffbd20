using System.IO.Pipelines;

namespace Rx.ThriftStreams.Tests.TTHeader.Streaming;

/// <summary>One end of a connection in memory.</summary>
internal sealed class PipeEnd(PipeReader input, PipeWriter output) : IDuplexPipe
{
    public PipeReader Input => input;

    public PipeWriter Output => output;

    /// <summary>Two ends, each of which reads what the other writes.</summary>
    public static (PipeEnd Ours, PipeEnd Theirs) CreatePair(long pauseThreshold = 64 * 1024)
    {
        var options = new PipeOptions(pauseWriterThreshold: pauseThreshold, resumeWriterThreshold: pauseThreshold / 2, useSynchronizationContext: false);
        var first = new Pipe(options);
        var second = new Pipe(options);
        return (new(first.Reader, second.Writer), new(second.Reader, first.Writer));
    }
}
