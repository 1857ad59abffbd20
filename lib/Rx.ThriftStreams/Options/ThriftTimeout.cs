using System.Diagnostics.CodeAnalysis;
using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams;

/// <summary>Time limits for code that does not support them.</summary>
public static class ThriftTimeout
{
    /// <summary>
    /// Awaits <paramref name="action"/> no longer than <paramref name="timeout"/>; then calls <paramref name="cancel"/> and fails.
    /// Kitex's <c>streaming.CallWithTimeout</c>.
    /// </summary>
    /// <param name="timeout">The limit; more than zero. <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <param name="cancel">Ends what <paramref name="action"/> waits for, for instance disposes its stream. The action continues in the background until then.</param>
    /// <param name="action">What to await.</param>
    /// <param name="timeProvider">The clock; the system's if <see langword="null"/>.</param>
    /// <returns>Completes as <paramref name="action"/> does.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The limit is zero or negative.</exception>
    /// <exception cref="ThriftTimeoutException">The limit expired; its kind is <see cref="ThriftTimeoutKind.UserCode"/>.</exception>
    [SuppressMessage("Design", "CA1068", Justification = "There is no token: cancellation is the caller's delegate.")]
    public static async Task CallWithTimeoutAsync(TimeSpan timeout, Action cancel, Func<Task> action, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(cancel);
        ArgumentNullException.ThrowIfNull(action);
        OptionChecks.TimeLimit(timeout, nameof(timeout));
        if (timeout == Timeout.InfiniteTimeSpan)
        {
            await action().ConfigureAwait(false);
            return;
        }

        var clock = timeProvider ?? TimeProvider.System;
        var started = clock.GetTimestamp();
        var running = action();
        try
        {
            await running.WaitAsync(timeout, clock).ConfigureAwait(false);
        }
        catch (TimeoutException) when (!running.IsCompleted)
        {
            // A later failure is a consequence of the cancellation: it is observed here and dropped.
            running.DropFailure();
            cancel();
            throw new ThriftTimeoutException(ThriftTimeoutKind.UserCode, timeout, clock.GetElapsedTime(started));
        }
    }
}
