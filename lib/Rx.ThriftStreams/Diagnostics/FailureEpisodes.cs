namespace Rx.ThriftStreams.Diagnostics;

/// <summary>
/// Failures of one cause that repeat: reported at the first, then each minute with their number while they last, and once when they are over. Thread-safe.
/// </summary>
/// <typeparam name="TCause">What the failures of an episode have in common. There must be few: each that occurs is kept until its episode is over.</typeparam>
internal sealed class FailureEpisodes<TCause> : IDisposable
    where TCause : notnull
{
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    private readonly TimeProvider _clock;
    private readonly Action<TCause, FailedCall, long> _failing;
    private readonly Action<TCause, FailureTotals>? _over;
    private readonly Lock _gate = new();
    private readonly Dictionary<TCause, Episode> _episodes = [];
    private int _running;
    private long _answered;
    private bool _isDisposed;

    /// <param name="clock">Measures the minutes.</param>
    /// <param name="failing">Reports the last failure, and how many there were since the report before.</param>
    /// <param name="over">
    /// Reports the end of an episode: a minute has passed without a failure, and calls were answered. If <see langword="null"/>, an episode ends with a minute without a failure, and nothing reports it.
    /// </param>
    internal FailureEpisodes(TimeProvider clock, Action<TCause, FailedCall, long> failing, Action<TCause, FailureTotals>? over = null)
    {
        _clock = clock;
        _failing = failing;
        _over = over;
    }

    /// <summary>A call has failed.</summary>
    /// <param name="cause">The cause.</param>
    /// <param name="call">The call.</param>
    /// <param name="explains">Whether this failure says more than one that it follows from.</param>
    /// <returns>Whether an episode begins, so that the call has been reported.</returns>
    internal bool Add(TCause cause, in FailedCall call, bool explains = true)
    {
        lock (_gate)
        {
            if (_isDisposed)
            {
                return false;
            }

            if (_episodes.TryGetValue(cause, out var running))
            {
                running.Add(call, explains, _clock.GetTimestamp());
                return false;
            }

            var episode = new Episode(call, _clock.GetTimestamp(), _answered);
            using (ExecutionContext.SuppressFlow())
            {
                episode.Timer = _clock.CreateTimer(_ => OnTimer(cause), null, Period, Period);
            }

            _episodes.Add(cause, episode);
            Volatile.Write(ref _running, _episodes.Count);
        }

        _failing(cause, call, 1);
        return true;
    }

    /// <summary>The server has answered a call.</summary>
    internal void Answered()
    {
        if (Volatile.Read(ref _running) != 0)
        {
            Interlocked.Increment(ref _answered);
        }
    }

    /// <summary>Reports what was not reported yet.</summary>
    public void Dispose()
    {
        KeyValuePair<TCause, Episode>[] left;
        lock (_gate)
        {
            _isDisposed = true;
            left = [.. _episodes];
            _episodes.Clear();
            Volatile.Write(ref _running, 0);
        }

        foreach (var (cause, episode) in left)
        {
            episode.Timer!.Dispose();
            if (episode.Unreported > 0)
            {
                _failing(cause, episode.Last, episode.Unreported);
            }
        }
    }

    private void OnTimer(TCause cause)
    {
        FailedCall last;
        long unreported;
        FailureTotals totals = default;
        lock (_gate)
        {
            if (!_episodes.TryGetValue(cause, out var episode))
            {
                return;
            }

            var answered = Volatile.Read(ref _answered);
            (last, unreported) = (episode.Last, episode.Unreported);
            if (unreported > 0)
            {
                episode.Reported(answered);
            }
            else if (_over is not null && answered == episode.AnsweredBefore)
            {
                // No call, or only such that have not been answered yet: nobody knows.
                return;
            }
            else
            {
                totals = new(episode.Failed, _clock.GetElapsedTime(episode.FirstAt, episode.LastAt), answered - episode.AnsweredBefore);
                episode.Timer!.Dispose();
                _episodes.Remove(cause);
                Volatile.Write(ref _running, _episodes.Count);
            }
        }

        if (unreported > 0)
        {
            _failing(cause, last, unreported);
        }
        else
        {
            _over?.Invoke(cause, totals);
        }
    }

    private sealed class Episode(in FailedCall first, long now, long answered)
    {
        internal ITimer? Timer { get; set; }

        internal FailedCall Last { get; private set; } = first;

        internal long FirstAt { get; } = now;

        internal long LastAt { get; private set; } = now;

        internal long Failed { get; private set; } = 1;

        internal long Unreported { get; private set; }

        /// <summary>How many calls had been answered at the last report.</summary>
        internal long AnsweredBefore { get; private set; } = answered;

        internal void Add(in FailedCall call, bool explains, long at)
        {
            Failed++;
            Unreported++;
            LastAt = at;
            if (explains)
            {
                Last = call;
            }
        }

        internal void Reported(long answered)
        {
            Unreported = 0;
            AnsweredBefore = answered;
        }
    }
}
