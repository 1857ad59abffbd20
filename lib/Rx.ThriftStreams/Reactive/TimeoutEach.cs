using System.Runtime.CompilerServices;

namespace Rx.ThriftStreams.Reactive;

/// <summary>Operators on streams that neither LINQ nor Rx has. None of them changes what the others see: each result is cold unless it says otherwise.</summary>
public static partial class ThriftStreamOperators
{
    /// <summary>
    /// Limits how long the consumer may have to wait for each element, and for the end. Time that the consumer itself takes between two elements does not count.
    /// </summary>
    /// <remarks>
    /// When the time is up the enumeration's token is cancelled, the consumer gets the exception at once, and the source's enumerator is disposed as soon
    /// as its pending <c>MoveNextAsync</c> ends. Elements that are already there are never timed and cost no timer.
    /// </remarks>
    /// <typeparam name="T">The type of the elements.</typeparam>
    /// <param name="source">The stream.</param>
    /// <param name="timeout">The longest wait for one element; more than zero. <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <param name="timeProvider">The clock; <see cref="TimeProvider.System"/> by default.</param>
    /// <returns>The stream, whose enumeration throws <see cref="TimeoutException"/> when an element takes too long.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="timeout"/> is not more than zero.</exception>
    public static IAsyncEnumerable<T> TimeoutEach<T>(this IAsyncEnumerable<T> source, TimeSpan timeout, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        if (timeout == Timeout.InfiniteTimeSpan)
        {
            return source;
        }

        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(timeout, TimeSpan.Zero);
        return TimeoutEachAsync(source, timeout, timeProvider ?? TimeProvider.System);
    }

    private static async IAsyncEnumerable<T> TimeoutEachAsync<T>(
        IAsyncEnumerable<T> source, TimeSpan timeout, TimeProvider timeProvider, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        IAsyncEnumerator<T> enumerator = source.GetAsyncEnumerator(linked.Token);
        Task<bool>? abandoned = null;
        try
        {
            while (true)
            {
                ValueTask<bool> move = enumerator.MoveNextAsync();
                bool moved;
                if (move.IsCompleted)
                {
                    moved = await move.ConfigureAwait(false);
                }
                else
                {
                    Task<bool> pending = move.AsTask();
                    if (!await CompletesInTimeAsync(pending, timeout, timeProvider).ConfigureAwait(false))
                    {
                        abandoned = pending;
                        await linked.CancelAsync().ConfigureAwait(false);
                        throw new TimeoutException($"No element came within {timeout}. The enumeration was cancelled; allow more time for each element, or look why the source is silent.");
                    }

                    moved = await pending.ConfigureAwait(false);
                }

                if (!moved)
                {
                    yield break;
                }

                yield return enumerator.Current;
            }
        }
        finally
        {
            if (abandoned is null)
            {
                await enumerator.DisposeAsync().ConfigureAwait(false);
            }
            else
            {
                // An enumerator must not be disposed while a move is pending, and a source may ignore its token: nobody waits for it.
                _ = DisposeAfterAsync(abandoned, enumerator);
            }
        }
    }

    private static async Task<bool> CompletesInTimeAsync(Task pending, TimeSpan timeout, TimeProvider timeProvider)
    {
        var expired = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        ITimer timer = timeProvider.CreateTimer(static state => ((TaskCompletionSource)state!).TrySetResult(), expired, timeout, Timeout.InfiniteTimeSpan);
        await using (timer.ConfigureAwait(false))
        {
            await Task.WhenAny(pending, expired.Task).ConfigureAwait(false);
            return pending.IsCompleted;
        }
    }

    private static async Task DisposeAfterAsync<T>(Task abandoned, IAsyncEnumerator<T> enumerator)
    {
        // The consumer has had its exception; what the abandoned move ends with is a consequence of it.
        await abandoned.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await enumerator.DisposeAsync().ConfigureAwait(false);
    }
}
