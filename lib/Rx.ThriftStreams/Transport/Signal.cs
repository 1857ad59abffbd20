using System.Threading.Tasks.Sources;

namespace Rx.ThriftStreams.Transport;

/// <summary>
/// Wakes one waiter repeatedly without allocating. It carries no result: the woken waiter checks the state again.
/// <see cref="Arm"/> and <see cref="TryTake"/> are called under the owner's lock, <see cref="Set"/> outside it.
/// </summary>
internal sealed class Signal : IValueTaskSource
{
    // Continuations must never run on the thread that reads or writes the connection.
    private ManualResetValueTaskSourceCore<bool> _core = new() { RunContinuationsAsynchronously = true };
    private bool _armed;

    /// <summary>Starts a wait.</summary>
    internal ValueTask Arm()
    {
        _core.Reset();
        _armed = true;
        return new ValueTask(this, _core.Version);
    }

    /// <summary>Takes the duty to <see cref="Set"/>; <see langword="false"/> if nothing waits or another thread has already taken it.</summary>
    internal bool TryTake()
    {
        var armed = _armed;
        _armed = false;
        return armed;
    }

    internal void Set() => _core.SetResult(true);

    void IValueTaskSource.GetResult(short token) => _core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
        => _core.OnCompleted(continuation, state, token, flags);
}
