namespace Rx.ThriftStreams.Sockets;

/// <summary>The senders that wait for room in a <see cref="BatchWriter"/>, in the order in which they came. Used under the writer's lock; they are woken outside of it.</summary>
internal sealed class RoomQueue
{
    private readonly Queue<IRoomWaiter> _waiting = new();

    internal void Enqueue(IRoomWaiter sender) => _waiting.Enqueue(sender);

    /// <summary>Takes the one that has waited longest.</summary>
    /// <returns><see langword="null"/> if none waits.</returns>
    internal IRoomWaiter? Take() => _waiting.TryDequeue(out var sender) ? sender : null;

    /// <summary>Takes up to that many into a list.</summary>
    internal void Take(int most, List<IRoomWaiter> taken)
    {
        while (taken.Count < most && _waiting.TryDequeue(out var sender))
        {
            taken.Add(sender);
        }
    }

    internal IRoomWaiter[] TakeAll()
    {
        if (_waiting.Count == 0)
        {
            return [];
        }

        var all = _waiting.ToArray();
        _waiting.Clear();
        return all;
    }

    /// <summary>A sender that waits as a task.</summary>
    internal sealed class Waiter : TaskCompletionSource, IRoomWaiter
    {
        internal Waiter()
            : base(TaskCreationOptions.RunContinuationsAsynchronously)
        {
        }

        public void Wake() => TrySetResult();
    }
}
