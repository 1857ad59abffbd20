using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Rx.ThriftStreams.Diagnostics;

/// <summary>
/// Lets a number of log entries a minute of each id through, so that a hostile caller cannot fill the log. At the end of the minute, and at the end, one entry counts the rest. Thread-safe.
/// </summary>
/// <param name="logger">The log.</param>
/// <param name="clock">Measures the minutes.</param>
internal sealed partial class EntryLimits(ILogger logger, TimeProvider clock) : IDisposable
{
    internal const int PerMinute = 20;

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    // A key for each id of an entry, of which there are few.
    private readonly ConcurrentDictionary<int, Entries> _entries = new();

    /// <summary>Whether an entry may be logged now; <see langword="false"/> also if its level is not logged.</summary>
    /// <param name="id">The id of the entry.</param>
    /// <param name="level">Its level.</param>
    internal bool TryTake(int id, LogLevel level)
        => logger.IsEnabled(level) && _entries.GetOrAdd(id, static (id, key) => new(id, key.level, key.logger, key.clock), (level, logger, clock)).TryTake();

    public void Dispose()
    {
        foreach (var (_, entries) in _entries)
        {
            entries.Dispose();
        }
    }

    [LoggerMessage(EventId = 13, Message = "Entries with the id {Id} that were not logged within a minute: {Count}.", EventName = "EntriesNotLogged")]
    private static partial void LogDropped(ILogger logger, LogLevel level, int id, int count);

    /// <summary>The entries with one id.</summary>
    private sealed class Entries(int id, LogLevel level, ILogger logger, TimeProvider clock) : IDisposable
    {
        private readonly Lock _gate = new();
        private long _since = clock.GetTimestamp();
        private int _count;
        private ITimer? _timer;
        private bool _isDisposed;

        internal bool TryTake()
        {
            bool taken;
            int dropped;
            lock (_gate)
            {
                dropped = clock.GetElapsedTime(_since) >= Window ? Restart() : 0;
                taken = ++_count <= PerMinute;
                if (_count == PerMinute + 1 && !_isDisposed)
                {
                    CountLater();
                }
            }

            Log(dropped);
            return taken;
        }

        public void Dispose()
        {
            int dropped;
            lock (_gate)
            {
                _isDisposed = true;
                _timer?.Dispose();
                dropped = Restart();
            }

            Log(dropped);
        }

        private void OnTimer()
        {
            var dropped = 0;
            lock (_gate)
            {
                if (_isDisposed || _count <= PerMinute)
                {
                    // The next minute has begun before the timer of the last one came.
                }
                else if (clock.GetElapsedTime(_since) >= Window)
                {
                    dropped = Restart();
                }
                else
                {
                    CountLater();
                }
            }

            Log(dropped);
        }

        /// <summary>Begins the next minute.</summary>
        /// <returns>How many entries of the last one were not logged.</returns>
        private int Restart()
        {
            var dropped = Math.Max(0, _count - PerMinute);
            _since = clock.GetTimestamp();
            _count = 0;
            return dropped;
        }

        private void CountLater()
        {
            var left = Window - clock.GetElapsedTime(_since);
            if (_timer is null)
            {
                using var flow = ExecutionContext.SuppressFlow();
                _timer = clock.CreateTimer(static state => ((Entries)state!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }

            _timer.Change(left > TimeSpan.Zero ? left : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }

        private void Log(int dropped)
        {
            if (dropped > 0)
            {
                LogDropped(logger, level, id, dropped);
            }
        }
    }
}
