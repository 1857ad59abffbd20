using Microsoft.Extensions.Logging;

namespace Rx.ThriftStreams.Balancing;

/// <summary>Decides which endpoints of a channel are ejected, from how its streams fare. Thread-safe.</summary>
/// <param name="options">The limits.</param>
/// <param name="clock">The clock.</param>
/// <param name="logger">Logs ejections.</param>
/// <param name="ejected">Called for each ejection. The argument says whether the latency is its cause. Must not block.</param>
internal sealed partial class OutlierEjection(ThriftOutlierEjectionOptions options, TimeProvider clock, ILogger logger, Action<bool> ejected)
{
    private const int LeastSamples = 3;
    private const int MostTimes = 10;
    private static readonly TimeSpan LeastLatency = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<ThriftCandidate, Record> _records = [];
    private ThriftCandidate[] _all = [];
    private long _comparedAt;

    /// <summary>Watches those endpoints. What is known about those that stay is kept.</summary>
    internal void Watch(ThriftCandidate[] candidates)
    {
        lock (_gate)
        {
            _all = candidates;
            foreach (var gone in _records.Keys.Except(candidates).ToList())
            {
                _records.Remove(gone);
            }

            foreach (var candidate in candidates)
            {
                _records.TryAdd(candidate, new());
            }
        }
    }

    /// <summary>A stream to the endpoint got a response.</summary>
    internal void Responded(ThriftCandidate candidate)
    {
        lock (_gate)
        {
            if (_records.TryGetValue(candidate, out var record))
            {
                record.Failures = 0;
            }

            if (options.LatencyFactor is { } factor && clock.GetElapsedTime(_comparedAt) >= Pause)
            {
                _comparedAt = clock.GetTimestamp();
                Compare(factor);
            }
        }
    }

    /// <summary>A stream to the endpoint could not be created, or failed.</summary>
    internal void Failed(ThriftCandidate candidate)
    {
        lock (_gate)
        {
            if (_records.TryGetValue(candidate, out var record) && ++record.Failures >= options.ConsecutiveFailures && TryEject(candidate, record) is { } time)
            {
                ejected(false);
                LogFailing(logger, candidate.Endpoint.Address, time, options.ConsecutiveFailures);
            }
        }
    }

    private void Compare(double factor)
    {
        TimeSpan[] latencies = [.. _all.Select(static candidate => candidate.Latency).Where(static latency => latency > TimeSpan.Zero).Order()];
        if (latencies.Length < LeastSamples)
        {
            return;
        }

        var median = latencies[latencies.Length / 2];
        var most = median * factor;
        foreach (var candidate in _all)
        {
            var latency = candidate.Latency;
            if (latency > most && latency >= LeastLatency && TryEject(candidate, _records[candidate]) is { } time)
            {
                ejected(true);
                LogSlow(logger, candidate.Endpoint.Address, time, latency, median);

                // Otherwise it would be ejected again for what it was before, without having been asked.
                candidate.ResetLatency(median);
            }
        }
    }

    private TimeSpan? TryEject(ThriftCandidate candidate, Record record)
    {
        if (candidate.IsEjected || _all.Count(static other => other.IsEjected) + 1 > options.MaxEjectedShare * _all.Length)
        {
            return null;
        }

        // Soon after the last time: it is still failing.
        var isSoon = record.Times > 0 && clock.GetElapsedTime(candidate.EjectedUntil) < options.EjectionTime;
        record.Times = isSoon ? Math.Min(record.Times + 1, MostTimes) : 1;
        record.Failures = 0;
        var time = options.EjectionTime * record.Times;
        candidate.EjectFor(time);
        return time;
    }

    [LoggerMessage(32, LogLevel.Warning, "Endpoint {Endpoint} is ejected for {Time} after {Failures} failures in a row.", EventName = "EndpointEjectedForFailures")]
    private static partial void LogFailing(ILogger logger, string endpoint, TimeSpan time, int failures);

    [LoggerMessage(33, LogLevel.Warning, "Endpoint {Endpoint} is ejected for {Time}: its latency is {Latency}, the median is {Median}.", EventName = "EndpointEjectedForLatency")]
    private static partial void LogSlow(ILogger logger, string endpoint, TimeSpan time, TimeSpan latency, TimeSpan median);

    private sealed class Record
    {
        internal int Failures { get; set; }

        internal int Times { get; set; }
    }
}
