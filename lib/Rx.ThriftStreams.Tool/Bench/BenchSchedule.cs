namespace Rx.ThriftStreams.Tool;

/// <summary>
/// When calls begin. With a rate the times are fixed in advance: a call that begins late, because those before it took long, is measured from the time at which it should have begun. Otherwise a slow server
/// would slow down its own measurement, and the calls that had to wait would not count (coordinated omission).
/// </summary>
/// <param name="clock">The clock.</param>
/// <param name="rate">Calls a second; <see langword="null"/> for no schedule: calls begin when they are asked for.</param>
/// <param name="length">How long calls begin.</param>
internal sealed class BenchSchedule(TimeProvider clock, double? rate, TimeSpan length) : IDisposable
{
    // A timer is too coarse for the last milliseconds before a call.
    private static readonly TimeSpan Coarse = TimeSpan.FromMilliseconds(2);

    private readonly SemaphoreSlim _turn = new(1);
    private readonly long _start = clock.GetTimestamp();
    private long _index;

    /// <summary>The time since the first call could begin.</summary>
    public TimeSpan Elapsed => clock.GetElapsedTime(_start);

    /// <summary>The time from the beginning of the schedule to <paramref name="timestamp"/>.</summary>
    public TimeSpan At(long timestamp) => clock.GetElapsedTime(_start, timestamp);

    /// <summary>Waits for the next call.</summary>
    /// <returns>The timestamp at which the call should begin; <see langword="null"/> when no more calls begin.</returns>
    public async ValueTask<long?> NextAsync(CancellationToken cancellationToken)
    {
        if (rate is not { } perSecond)
        {
            var now = clock.GetTimestamp();
            return At(now) < length && !cancellationToken.IsCancellationRequested ? now : null;
        }

        // One worker waits for the time of its call, the others for their turn.
        await _turn.WaitAsync(cancellationToken);
        try
        {
            var offset = TimeSpan.FromSeconds(_index / perSecond);
            if (offset >= length)
            {
                return null;
            }

            _index++;
            await WaitUntilAsync(offset, cancellationToken);
            return _start + (long)(offset.TotalSeconds * clock.TimestampFrequency);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    private async ValueTask WaitUntilAsync(TimeSpan offset, CancellationToken cancellationToken)
    {
        var left = offset - Elapsed;
        if (!ReferenceEquals(clock, TimeProvider.System))
        {
            if (left > TimeSpan.Zero)
            {
                await Task.Delay(left, clock, cancellationToken);
            }

            return;
        }

        if (left > Coarse)
        {
            await Task.Delay(left - Coarse, cancellationToken);
        }

        while (Elapsed < offset)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Thread.Yield();
        }
    }
}
