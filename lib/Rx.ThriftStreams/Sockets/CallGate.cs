namespace Rx.ThriftStreams.Sockets;

/// <summary>Counts the calls on a connection, and retires the connection only while it has no calls.</summary>
/// <remarks>
/// Lock-free. The race: a timer closes an idle connection while a call picks it. One atomic number holds both the count and the decision, so exactly one of
/// them wins; the call that loses takes another connection and has sent nothing.
/// </remarks>
internal struct CallGate
{
    private const int Retired = int.MinValue;

    private int _calls;

    internal bool IsRetired => Volatile.Read(ref _calls) < 0;

    internal bool HasCalls => Volatile.Read(ref _calls) > 0;

    /// <summary>Begins a call.</summary>
    /// <returns><see langword="false"/> if the connection is retired.</returns>
    internal bool TryEnter()
    {
        var calls = Volatile.Read(ref _calls);
        while (calls >= 0)
        {
            var seen = Interlocked.CompareExchange(ref _calls, calls + 1, calls);
            if (seen == calls)
            {
                return true;
            }

            calls = seen;
        }

        return false;
    }

    /// <summary>Ends a call that <see cref="TryEnter"/> began.</summary>
    internal void Exit() => Interlocked.Decrement(ref _calls);

    /// <summary>Retires the connection if no call uses it.</summary>
    internal bool TryRetire() => Interlocked.CompareExchange(ref _calls, Retired, 0) == 0;
}
