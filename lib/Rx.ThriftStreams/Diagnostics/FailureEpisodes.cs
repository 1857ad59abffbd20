namespace Rx.ThriftStreams.Diagnostics;

/// <summary>
/// Failures of one cause that repeat: reported at the first, then each minute with their number while they last, and once when they are over. Thread-safe.
/// </summary>
/// <typeparam name="TCause">What the failures of an episode have in common. There must be few: each that occurs is kept until its episode is over.</typeparam>
/// <typeparam name="TFailure">What is known of one failure.</typeparam>
internal sealed class FailureEpisodes<TCause, TFailure> : IDisposable
    where TCause : notnull
{
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    /// <summary>How long nothing must have failed for an episode to be over.</summary>
    private static readonly TimeSpan Calm = Period / 2;

    private readonly TimeProvider _clock;
    private readonly Action<TCause, FailureReport<TFailure>> _failing;
    private readonly Action<TCause, FailureReport<TFailure>>? _over;
    private readonly Lock _gate = new();
    private readonly Dictionary<TCause, Episode> _episodes = [];
    private int _running;
    private long _answered;
    private bool _isDisposed;

    /// <param name="clock">Measures the minutes.</param>
    /// <param name="failing">Reports failures.</param>
    /// <param name="over">
    /// Reports the end of an episode: nothing has failed for half a minute, and calls were answered. If <see langword="null"/>, an episode ends with a minute without a failure, and nothing reports it.
    /// </param>
    internal FailureEpisodes(TimeProvider clock, Action<TCause, FailureReport<TFailure>> failing, Action<TCause, FailureReport<TFailure>>? over = null)
    {
        _clock = clock;
        _failing = failing;
        _over = over;
    }

    /// <summary>Something has failed.</summary>
    /// <param name="cause">The cause.</param>
    /// <param name="failure">What is known of it.</param>
    /// <returns>Whether an episode begins, so that the failure has been reported.</returns>
    internal bool Add(TCause cause, TFailure failure)
    {
        lock (_gate)
        {
            if (_isDisposed)
            {
                return false;
            }

            var now = _clock.GetTimestamp();
            if (_episodes.TryGetValue(cause, out var running))
            {
                running.Add(failure, now, Volatile.Read(ref _answered));
                return false;
            }

            using (ExecutionContext.SuppressFlow())
            {
                _episodes.Add(cause, new(failure, now, Volatile.Read(ref _answered), _clock.CreateTimer(_ => OnTimer(cause), null, Period, Period)));
            }

            Volatile.Write(ref _running, _episodes.Count);
        }

        _failing(cause, new(failure, Count: 1, default, default, Answered: 0));
        return true;
    }

    /// <summary>Something has succeeded.</summary>
    internal void Answered()
    {
        if (Volatile.Read(ref _running) != 0)
        {
            Interlocked.Increment(ref _answered);
        }
    }

    /// <summary>The last failure of a cause, if nothing has succeeded since and it is not older than a minute.</summary>
    internal bool TryGetLast(TCause cause, out TFailure? failure)
    {
        lock (_gate)
        {
            if (_episodes.TryGetValue(cause, out var episode) && Volatile.Read(ref _answered) == episode.AnsweredBefore && _clock.GetElapsedTime(episode.LastAt) <= Period)
            {
                failure = episode.Last;
                return true;
            }
        }

        failure = default;
        return false;
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
            episode.Timer.Dispose();
            if (episode.Unreported > 0)
            {
                _failing(cause, ReportOf(episode, episode.Unreported));
            }
        }
    }

    private void OnTimer(TCause cause)
    {
        FailureReport<TFailure> report;
        Action<TCause, FailureReport<TFailure>>? tell;
        lock (_gate)
        {
            if (!_episodes.TryGetValue(cause, out var episode))
            {
                return;
            }

            report = ReportOf(episode, episode.Unreported);
            if (_over is null ? episode.Unreported == 0 : report is { Answered: > 0 } && report.Ago >= Calm)
            {
                report = report with { Count = episode.Failed };
                tell = _over;
                episode.Timer.Dispose();
                _episodes.Remove(cause);
                Volatile.Write(ref _running, _episodes.Count);
            }
            else if (episode.Unreported > 0)
            {
                episode.Unreported = 0;
                tell = _failing;
            }
            else
            {
                // Nothing was tried, or it has not been answered yet: nobody knows.
                return;
            }
        }

        tell?.Invoke(cause, report);
    }

    private FailureReport<TFailure> ReportOf(Episode episode, long count)
        => new(episode.Last, count, _clock.GetElapsedTime(episode.LastAt), _clock.GetElapsedTime(episode.FirstAt, episode.LastAt), Volatile.Read(ref _answered) - episode.AnsweredBefore);

    private sealed class Episode(TFailure first, long now, long answered, ITimer timer)
    {
        internal ITimer Timer { get; } = timer;

        internal TFailure Last { get; private set; } = first;

        internal long FirstAt { get; } = now;

        internal long LastAt { get; private set; } = now;

        internal long Failed { get; private set; } = 1;

        internal long Unreported { get; set; }

        /// <summary>How many calls had been answered at the last failure.</summary>
        internal long AnsweredBefore { get; private set; } = answered;

        internal void Add(TFailure failure, long at, long answeredBefore)
        {
            Failed++;
            Unreported++;
            LastAt = at;
            Last = failure;
            AnsweredBefore = answeredBefore;
        }
    }
}
