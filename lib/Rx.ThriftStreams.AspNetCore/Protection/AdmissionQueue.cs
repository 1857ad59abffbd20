namespace Rx.ThriftStreams.AspNetCore.Protection;

/// <summary>Calls that wait, ordered by priority and then by arrival. Not thread-safe.</summary>
internal sealed class AdmissionQueue(int limit)
{
    private readonly LinkedList<AdmissionWaiter>[] _byPriority = [new(), new(), new(), new()];

    internal int Count { get; private set; }

    /// <summary>Adds a call.</summary>
    /// <param name="waiter">The call.</param>
    /// <param name="displaced">The call of a lower priority whose place it takes: it is refused.</param>
    /// <returns><see langword="false"/> if there is no room for it.</returns>
    internal bool TryAdd(AdmissionWaiter waiter, out AdmissionWaiter? displaced)
    {
        displaced = null;
        if (Count >= limit)
        {
            for (var lower = 0; lower < (int)waiter.Priority && displaced is null; lower++)
            {
                // The last to arrive: it has waited least.
                displaced = _byPriority[lower].Last?.Value;
            }

            if (displaced is null)
            {
                return false;
            }

            Remove(displaced);
        }

        waiter.Node = _byPriority[(int)waiter.Priority].AddLast(waiter);
        Count++;
        return true;
    }

    internal bool Remove(AdmissionWaiter waiter)
    {
        if (waiter.Node is not { } node)
        {
            return false;
        }

        node.List!.Remove(node);
        waiter.Node = null;
        Count--;
        return true;
    }

    /// <summary>Takes the call whose turn it is; <see langword="null"/> if none waits.</summary>
    internal AdmissionWaiter? TryTake()
    {
        for (var priority = _byPriority.Length - 1; priority >= 0; priority--)
        {
            if (_byPriority[priority].First is { Value: var waiter })
            {
                Remove(waiter);
                return waiter;
            }
        }

        return null;
    }
}

/// <summary>A call that waits.</summary>
internal sealed class AdmissionWaiter(ThriftCallPriority priority)
{
    private readonly TaskCompletionSource<bool> _admitted = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal ThriftCallPriority Priority => priority;

    /// <summary>Its place; <see langword="null"/> when it does not wait any more. Under the lock of the queue's owner.</summary>
    internal LinkedListNode<AdmissionWaiter>? Node { get; set; }

    /// <summary>Whether it may run.</summary>
    internal Task<bool> Admitted => _admitted.Task;

    internal void Complete(bool isAdmitted) => _admitted.TrySetResult(isAdmitted);
}
