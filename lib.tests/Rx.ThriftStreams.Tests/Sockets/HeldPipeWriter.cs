using System.Collections.Concurrent;
using System.IO.Pipelines;

namespace Rx.ThriftStreams.Tests.Sockets;

/// <summary>An output whose writes the test completes, one by one.</summary>
internal sealed class HeldPipeWriter : PipeWriter
{
    private readonly BlockingCollection<byte[]> _begun = [];
    private TaskCompletionSource<FlushResult> _write = New();

    /// <summary>Thrown by the next write instead of beginning it.</summary>
    internal Exception? Refusal { get; set; }

    /// <summary>Waits until a write has begun.</summary>
    internal byte[] Begun() => _begun.TryTake(out var bytes, TimeSpan.FromSeconds(60)) ? bytes : throw new TimeoutException("No write began.");

    /// <summary>Whether another write has begun.</summary>
    internal bool HasBegun => _begun.Count > 0;

    /// <summary>Completes the write that has begun.</summary>
    internal void Complete(bool isCompleted = false) => Next().SetResult(new FlushResult(isCanceled: false, isCompleted));

    /// <summary>Fails it.</summary>
    internal void Fail(Exception error) => Next().SetException(error);

    public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
    {
        if (Refusal is { } refusal)
        {
            throw refusal;
        }

        var write = new ValueTask<FlushResult>(_write.Task);
        _begun.Add(source.ToArray(), CancellationToken.None);
        return write;
    }

    public override void Advance(int bytes) => throw new NotSupportedException();

    public override Memory<byte> GetMemory(int sizeHint = 0) => throw new NotSupportedException();

    public override Span<byte> GetSpan(int sizeHint = 0) => throw new NotSupportedException();

    public override void CancelPendingFlush() => throw new NotSupportedException();

    public override void Complete(Exception? exception = null) => throw new NotSupportedException();

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    private static TaskCompletionSource<FlushResult> New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private TaskCompletionSource<FlushResult> Next() => Interlocked.Exchange(ref _write, New());
}
