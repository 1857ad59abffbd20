using Microsoft.Extensions.Time.Testing;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.AspNetCore.Protection;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Tests.Protection;

/// <summary>
/// A server with a number of workers in front of which calls wait, on a clock of its own: calls arrive at random from a fixed seed, whether or not earlier ones have ended, and
/// count if they end before their callers give up. The same numbers in every run.
/// </summary>
internal sealed class LoadSimulation
{
    private const int Workers = 8;
    private const double MeanServiceMs = 10;
    private const double DeadlineMs = 80;

    private readonly FakeTimeProvider _clock = new();
    private readonly Random _random = new(42);
    private readonly PriorityQueue<Call, double> _running = new();
    private readonly Queue<Call> _waiting = new();
    private readonly LoadShedder? _shedder;
    private double _now;
    private double _nextArrival;

    internal LoadSimulation(ThriftLoadSheddingOptions? options)
        => _shedder = options is null ? null : new LoadShedder(options, _clock, new CpuMeter(_clock, 1, static () => TimeSpan.Zero));

    /// <summary>How many calls the server can complete within a second.</summary>
    internal double Capacity => Workers * 1000 / (MeanServiceMs * Slowness);

    /// <summary>How many times longer each call takes.</summary>
    internal double Slowness { get; set; } = 1;

    internal int Limit => _shedder?.Limit ?? int.MaxValue;

    /// <summary>Runs for a time.</summary>
    /// <param name="seconds">How long.</param>
    /// <param name="load">How many calls arrive, as a multiple of the capacity.</param>
    /// <returns>The share of the capacity that was of use to somebody.</returns>
    internal double Run(double seconds, double load)
    {
        var (end, good) = (_now + (seconds * 1000), 0);
        _nextArrival = Math.Max(_nextArrival, _now);
        while (true)
        {
            var nextEnd = _running.TryPeek(out _, out var endsAt) ? endsAt : double.PositiveInfinity;
            var next = Math.Min(_nextArrival, nextEnd);
            if (next >= end)
            {
                AdvanceTo(end);
                return good / (Capacity * seconds);
            }

            AdvanceTo(next);
            if (nextEnd <= _nextArrival)
            {
                var call = _running.Dequeue();
                _shedder?.Leave(call.Entered);
                good += _now - call.ArrivedAt <= DeadlineMs ? 1 : 0;
                if (_waiting.TryDequeue(out var waiting))
                {
                    Begin(waiting);
                }
            }
            else
            {
                Arrive();
                _nextArrival += -Math.Log(1 - _random.NextDouble()) * 1000 / (Capacity * load);
            }
        }
    }

    private void Arrive()
    {
        var entered = 0L;
        if (_shedder is not null)
        {
            try
            {
                var enter = _shedder.EnterAsync(ThriftCallPriority.Normal, isStream: false, CancellationToken.None);
                Assert.True(enter.IsCompletedSuccessfully);
                entered = enter.Result;
            }
            catch (RefusedException)
            {
                return;
            }
        }

        var call = new Call(_now, entered);
        if (_running.Count < Workers)
        {
            Begin(call);
        }
        else
        {
            _waiting.Enqueue(call);
        }
    }

    private void Begin(Call call) => _running.Enqueue(call, _now + (MeanServiceMs * Slowness * (0.5 + _random.NextDouble())));

    private void AdvanceTo(double time)
    {
        _clock.Advance(TimeSpan.FromMilliseconds(time - _now));
        _now = time;
    }

    private sealed record Call(double ArrivedAt, long Entered);
}
