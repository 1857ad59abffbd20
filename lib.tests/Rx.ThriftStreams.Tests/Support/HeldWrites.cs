using System.IO.Pipelines;

namespace Rx.ThriftStreams.Tests.Support;

/// <summary>Counts the writes to an output, and holds the first until it is released.</summary>
internal sealed class HeldWrites(PipeWriter output) : PipeWriter
{
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _writes;

    internal int Writes => Volatile.Read(ref _writes);

    internal void Release() => _released.SetResult();

    public override async ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
    {
        Interlocked.Increment(ref _writes);
        await _released.Task;
        return await output.WriteAsync(source, cancellationToken);
    }

    public override async ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        Interlocked.Increment(ref _writes);
        await _released.Task;
        return await output.FlushAsync(cancellationToken);
    }

    public override void Advance(int bytes) => output.Advance(bytes);

    public override Memory<byte> GetMemory(int sizeHint = 0) => output.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => output.GetSpan(sizeHint);

    public override void CancelPendingFlush() => output.CancelPendingFlush();

    public override void Complete(Exception? exception = null) => output.Complete(exception);
}
