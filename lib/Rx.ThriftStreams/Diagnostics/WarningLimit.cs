using Microsoft.Extensions.Logging;

namespace Rx.ThriftStreams.Diagnostics;

/// <summary>Lets a number of log entries a minute through, so that a hostile caller cannot fill the log; counts the rest. Thread-safe.</summary>
/// <param name="clock">Measures the minutes.</param>
/// <param name="level">The level of the entries.</param>
internal sealed partial class WarningLimit(TimeProvider clock, LogLevel level = LogLevel.Warning)
{
    internal const int PerMinute = 20;

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private long _since = clock.GetTimestamp();
    private int _count;

    /// <summary>Whether a warning may be logged now.</summary>
    internal bool TryTake(ILogger logger)
    {
        bool taken;
        var dropped = 0;
        lock (_gate)
        {
            if (clock.GetElapsedTime(_since) >= Window)
            {
                dropped = Math.Max(0, _count - PerMinute);
                _since = clock.GetTimestamp();
                _count = 0;
            }

            taken = ++_count <= PerMinute;
        }

        if (dropped > 0)
        {
            LogDropped(logger, level, dropped);
        }

        return taken;
    }

    [LoggerMessage(EventId = 13, Message = "{Count} more entries of this level about callers were not logged.", EventName = "EntriesNotLogged")]
    private static partial void LogDropped(ILogger logger, LogLevel level, int count);
}
