using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams.Transport;

/// <summary>The connect timeout where no pipeline enforces it.</summary>
internal static class ConnectLimit
{
    /// <summary>Connects within a limit.</summary>
    /// <param name="connect">Connects.</param>
    /// <param name="limit">The limit, or infinite.</param>
    /// <param name="clock">The clock of the limit.</param>
    /// <param name="endpoint">What is connected to, for the error text.</param>
    /// <param name="cancellationToken">Cancels connecting.</param>
    /// <exception cref="ThriftTimeoutException">The limit has passed.</exception>
    internal static async ValueTask<T> RunAsync<T>(
        Func<CancellationToken, ValueTask<T>> connect,
        TimeSpan limit,
        TimeProvider clock,
        string endpoint,
        CancellationToken cancellationToken)
    {
        var startedAt = clock.GetTimestamp();
        using var timeout = new CancellationTokenSource(CallTimers.DueTimeOfLimit(limit), clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            return await connect(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException error) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new ThriftTimeoutException(nameof(ThriftCallOptions.ConnectTimeout), ThriftTimeoutKind.Connect, limit, clock.GetElapsedTime(startedAt), endpoint, error);
        }
    }
}
