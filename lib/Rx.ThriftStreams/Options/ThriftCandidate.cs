using System.Diagnostics;
using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams;

/// <summary>An endpoint that a picker may choose: what the resolver reported, and what the channel observes. Thread-safe.</summary>
[DebuggerDisplay("{Endpoint.Address} open {OpenStreams}")]
public sealed class ThriftCandidate
{
    private readonly TimeProvider _clock;
    private readonly DecayedLatency _latency;
    private ThriftEndpoint _endpoint;
    private int _openStreams;
    private long _brokenUntil;
    private long _ejectedUntil;
    private bool _isServing = true;

    /// <summary>Creates a candidate, as a channel does for each endpoint.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="timeProvider">The clock of <see cref="Latency"/>; the system's if <see langword="null"/>.</param>
    public ThriftCandidate(ThriftEndpoint endpoint, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        _endpoint = endpoint;
        _clock = timeProvider ?? TimeProvider.System;
        _latency = new(_clock);
    }

    /// <summary>What the resolver reported last.</summary>
    public ThriftEndpoint Endpoint
    {
        get => Volatile.Read(ref _endpoint);
        internal set => Volatile.Write(ref _endpoint, value);
    }

    /// <summary>How many streams of the channel to the endpoint are open or being created. Zero unless <see cref="ThriftBalancer.TracksStreams"/> is set.</summary>
    public int OpenStreams => Math.Max(0, Volatile.Read(ref _openStreams));

    /// <summary>
    /// The peak-sensitive, decayed time from creating a stream to its first response, of methods that send a single request. A slower response counts immediately,
    /// faster ones over about 10 s, and it decays while none arrive. Zero unless <see cref="ThriftBalancer.TracksStreams"/> is set.
    /// </summary>
    public TimeSpan Latency => _latency.Value;

    /// <summary>What the channel keeps for the endpoint.</summary>
    internal object? Owner { get; init; }

    /// <summary>Whether its circuit breaker is open, it is ejected, or it has reported that it does not serve.</summary>
    internal bool IsBlocked => IsAhead(ref _brokenUntil) || IsEjected || !IsServing;

    /// <summary>What it reported of its health last; <see langword="true"/> if nobody has asked.</summary>
    internal bool IsServing
    {
        get => Volatile.Read(ref _isServing);
        set => Volatile.Write(ref _isServing, value);
    }

    /// <summary>Whether it is ejected for its failures or its latency.</summary>
    internal bool IsEjected => IsAhead(ref _ejectedUntil);

    /// <summary>When it is ejected no longer, as a timestamp of the channel's clock; zero if it never was.</summary>
    internal long EjectedUntil => Volatile.Read(ref _ejectedUntil);

    internal void ObserveLatency(TimeSpan latency) => _latency.Observe(latency);

    internal void ResetLatency(TimeSpan latency) => _latency.Reset(latency);

    /// <summary>Excludes it while its breaker is open. After that time the breaker lets one attempt through.</summary>
    internal void BlockFor(TimeSpan time) => SetUntil(ref _brokenUntil, time);

    internal void EjectFor(TimeSpan time) => SetUntil(ref _ejectedUntil, time);

    /// <summary>Counts a stream.</summary>
    /// <returns><see langword="false"/> if the endpoint was removed and has been closed.</returns>
    internal bool TryEnter()
    {
        while (true)
        {
            var open = Volatile.Read(ref _openStreams);
            if (open < 0)
            {
                return false;
            }

            if (Interlocked.CompareExchange(ref _openStreams, open + 1, open) == open)
            {
                return true;
            }
        }
    }

    /// <summary>Ends a stream.</summary>
    /// <returns>Whether it was the last.</returns>
    internal bool Exit() => Interlocked.Decrement(ref _openStreams) == 0;

    /// <summary>Lets no stream in any more if none is open. Returns <see langword="true"/> once.</summary>
    internal bool TryClose() => Interlocked.CompareExchange(ref _openStreams, int.MinValue / 2, 0) == 0;

    private void SetUntil(ref long until, TimeSpan time)
    {
        var ticks = _clock.GetTimestamp() + (long)(time.TotalSeconds * _clock.TimestampFrequency);
        Volatile.Write(ref until, ticks == 0 ? 1 : ticks);
    }

    private bool IsAhead(ref long until) => Volatile.Read(ref until) is not 0 and var time && time > _clock.GetTimestamp();
}
