using Rx.ThriftStreams.Dynamic;

namespace Rx.ThriftStreams.Tool;

/// <summary>Makes one call.</summary>
/// <param name="worker">The number of the worker, from 0.</param>
/// <param name="meter">Counts the messages.</param>
/// <param name="cancellationToken">Gives up.</param>
internal delegate Task BenchCall(int worker, BenchMeter meter, CancellationToken cancellationToken);

/// <summary>Runs workers that make calls, as the schedule says, and counts how they end.</summary>
internal sealed class BenchEngine : IDisposable
{
    private readonly BenchOptions _options;
    private readonly BenchCall _call;
    private readonly TimeProvider _clock;
    private readonly BenchSchedule _schedule;
    private readonly BenchCounts[] _counts;
    private bool _isComplete;

    public BenchEngine(BenchOptions options, BenchCall call, TimeProvider clock)
    {
        _options = options;
        _call = call;
        _clock = clock;
        _schedule = new BenchSchedule(clock, options.Rate, options.WarmUp + options.Duration);
        _counts = [.. Enumerable.Range(0, options.Concurrency).Select(static _ => new BenchCounts())];
    }

    /// <summary>The time since the beginning of the warm-up.</summary>
    public TimeSpan Elapsed => _schedule.Elapsed;

    /// <summary>The figures until now.</summary>
    public BenchFigures Snapshot()
    {
        var sum = new BenchCounts();
        foreach (var counts in _counts)
        {
            counts.AddTo(sum);
        }

        var measured = _isComplete || _schedule.Elapsed >= _options.WarmUp + _options.Duration ? _options.Duration : _schedule.Elapsed - _options.WarmUp;
        return sum.ToFigures(Math.Max(0, measured.TotalSeconds));
    }

    /// <summary>Runs to the end of the schedule, or until the token is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var expiry = _options.Grace == Timeout.InfiniteTimeSpan
            ? new CancellationTokenSource()
            : new CancellationTokenSource(_options.WarmUp + _options.Duration + _options.Grace, _clock);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, expiry.Token);
        var token = stop.Token;
        await Task.WhenAll(Enumerable.Range(0, _options.Concurrency).Select(worker => Task.Run(() => WorkAsync(worker, token), CancellationToken.None)));
        _isComplete = !cancellationToken.IsCancellationRequested;
    }

    public void Dispose() => _schedule.Dispose();

    private async Task WorkAsync(int worker, CancellationToken cancellationToken)
    {
        var meter = new BenchMeter();
        try
        {
            while (await _schedule.NextAsync(cancellationToken) is { } intended)
            {
                meter.Reset();
                string? error = null;
                try
                {
                    await _call(worker, meter, cancellationToken);
                }
                catch (Exception failure)
                {
                    error = KindOf(failure);
                }

                if (_schedule.At(intended) >= _options.WarmUp)
                {
                    _counts[worker].Add(_clock.GetElapsedTime(intended), meter.Traffic, error);
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Interrupted while it waited for the next call.
        }
    }

    private static string KindOf(Exception failure) => failure switch
    {
        OperationCanceledException => "unfinished",
        ThriftBizStatusException business => $"business {business.Code}",
        ThriftDynamicException declared => declared.Message.Split(' ')[0],
        ThriftException thrift => thrift.StatusCode.ToString(),
        _ => failure.GetType().Name,
    };
}

/// <summary>Counts the messages of one call of a worker at a time. The two directions of a stream may count concurrently.</summary>
internal sealed class BenchMeter
{
    private long _sent;
    private long _received;
    private long _sentBytes;
    private long _receivedBytes;

    public BenchTraffic Traffic => new(Volatile.Read(ref _sent), Volatile.Read(ref _received), Volatile.Read(ref _sentBytes), Volatile.Read(ref _receivedBytes));

    public void Reset() => _sent = _received = _sentBytes = _receivedBytes = 0;

    public void Sent(ThriftDynamicMessage message)
    {
        _sent++;
        _sentBytes += message.Bytes.Length;
    }

    public void Received(ThriftDynamicMessage message)
    {
        _received++;
        _receivedBytes += message.Bytes.Length;
    }
}
