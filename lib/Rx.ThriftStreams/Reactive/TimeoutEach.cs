namespace Rx.ThriftStreams.Reactive;

/// <summary>Stream operators that neither LINQ nor Rx has. Their results are cold unless documented otherwise.</summary>
public static partial class ThriftStreamOperators
{
    /// <summary>
    /// Limits how long the consumer may have to wait for each element, and for the end. Time that the consumer itself takes between two elements does not count.
    /// </summary>
    /// <remarks>
    /// When the limit expires the enumeration's token is cancelled, the consumer gets the exception immediately, and the source's enumerator is disposed as soon
    /// as its pending <c>MoveNextAsync</c> ends. Elements that are already available are not timed; all others share one timer.
    /// </remarks>
    /// <typeparam name="T">The type of the elements.</typeparam>
    /// <param name="source">The stream.</param>
    /// <param name="timeout">The longest wait for one element; more than zero. <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <param name="timeProvider">The clock; <see cref="TimeProvider.System"/> by default.</param>
    /// <returns>
    /// The stream, whose enumeration throws a <see cref="ThriftTimeoutException"/> of the kind <see cref="ThriftTimeoutKind.Receive"/> when an element takes too long.
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="timeout"/> is not positive.</exception>
    public static IAsyncEnumerable<T> TimeoutEach<T>(this IAsyncEnumerable<T> source, TimeSpan timeout, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        if (timeout == Timeout.InfiniteTimeSpan)
        {
            return source;
        }

        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(timeout, TimeSpan.Zero);
        return new TimedStream<T>(source, timeout, timeProvider ?? TimeProvider.System);
    }

    private sealed class TimedStream<T>(IAsyncEnumerable<T> source, TimeSpan timeout, TimeProvider timeProvider) : IAsyncEnumerable<T>
    {
        public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default)
            => new TimedEnumerator<T>(source, timeout, timeProvider, cancellationToken);
    }
}
