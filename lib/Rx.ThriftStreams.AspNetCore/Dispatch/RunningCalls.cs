namespace Rx.ThriftStreams.AspNetCore.Dispatch;

/// <summary>Counts the calls that run on a connection, and lets others wait until one, or all, have ended.</summary>
/// <remarks>Thread-safe. Waiting costs an allocation, counting does not.</remarks>
internal sealed class RunningCalls
{
    private readonly Lock _gate = new();
    private int _count;
    private TaskCompletionSource? _oneEnded;

    internal int Count => Volatile.Read(ref _count);

    internal void Begin() => Interlocked.Increment(ref _count);

    internal void End()
    {
        TaskCompletionSource? ended;
        lock (_gate)
        {
            Interlocked.Decrement(ref _count);
            ended = _oneEnded;
            _oneEnded = null;
        }

        ended?.TrySetResult();
    }

    /// <summary>Completes when the next call ends; at once if none runs.</summary>
    /// <remarks>A caller that waits for a condition takes this task, looks at the condition again, and only then waits: a call may have ended between.</remarks>
    internal Task WhenOneEnded()
    {
        lock (_gate)
        {
            return _count == 0 ? Task.CompletedTask : (_oneEnded ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    /// <summary>Completes when no call runs.</summary>
    internal async Task WhenNoneAsync()
    {
        while (Count > 0)
        {
            await WhenOneEnded().ConfigureAwait(false);
        }
    }
}
