using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.AspNetCore.Protection;

/// <summary>The limits of one server, service or method, and what counts against them. Thread-safe.</summary>
internal sealed class LimitScope(TimeProvider clock)
{
    private readonly CallRate _rate = new(clock);
    private volatile Values? _values;
    private int _running;

    /// <summary>The limit of messages on one stream; <see langword="null"/> for none.</summary>
    internal int? MessagesPerSecond => _values?.MessagesPerSecond;

    /// <summary>Changes the limits.</summary>
    /// <param name="limits">The limits; <see langword="null"/> for none.</param>
    internal void Apply(ThriftCallLimits? limits)
        => _values = limits is { CallsPerSecond: null, ConcurrentCalls: null, MessagesPerSecond: null } or null
            ? null
            : new(limits.CallsPerSecond, limits.ConcurrentCalls, limits.MessagesPerSecond);

    /// <summary>A call begins.</summary>
    /// <param name="isCounted">Whether <see cref="Leave"/> has to be called at its end. Always <see langword="false"/> for a call that is refused.</param>
    /// <param name="rate">The limit of the rate that the call counts against, for <see cref="Return"/>; 0 for none.</param>
    /// <returns>Why it is refused; <see langword="null"/> if it is not.</returns>
    internal RefusalKind? TryEnter(out bool isCounted, out int rate)
    {
        isCounted = false;
        rate = 0;
        if (_values is not { } values)
        {
            return null;
        }

        if (values.ConcurrentCalls is { } most && Interlocked.Increment(ref _running) > most)
        {
            Interlocked.Decrement(ref _running);
            return RefusalKind.Concurrency;
        }

        if (values.CallsPerSecond is { } perSecond)
        {
            if (!_rate.TryTake(perSecond))
            {
                if (values.ConcurrentCalls is not null)
                {
                    Interlocked.Decrement(ref _running);
                }

                return RefusalKind.Rate;
            }

            rate = perSecond;
        }

        isCounted = values.ConcurrentCalls is not null;
        return null;
    }

    /// <summary>A call that was counted has ended.</summary>
    internal void Leave() => Interlocked.Decrement(ref _running);

    /// <summary>A call that has entered was refused elsewhere.</summary>
    internal void Return(int rate)
    {
        if (rate > 0)
        {
            _rate.Return(rate);
        }
    }

    private sealed record Values(int? CallsPerSecond, int? ConcurrentCalls, int? MessagesPerSecond);
}
