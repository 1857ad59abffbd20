using Microsoft.Extensions.Time.Testing;

namespace Rx.ThriftStreams.Tests.Support;

/// <summary>A clock that only the test moves, and that knows how many of its timers are not disposed.</summary>
internal sealed class CountingClock : FakeTimeProvider
{
    private int _running;

    public int Running => Volatile.Read(ref _running);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Interlocked.Increment(ref _running);
        return new CountedTimer(this, base.CreateTimer(callback, state, dueTime, period));
    }

    private sealed class CountedTimer(CountingClock clock, ITimer timer) : ITimer
    {
        private int _disposed;

        public bool Change(TimeSpan dueTime, TimeSpan period) => timer.Change(dueTime, period);

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _disposed, 1) == 0)
            {
                Interlocked.Decrement(ref clock._running);
                timer.Dispose();
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}
