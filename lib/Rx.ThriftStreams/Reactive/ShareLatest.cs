namespace Rx.ThriftStreams.Reactive;

public static partial class ThriftStreamOperators
{
    /// <summary>
    /// Shares one enumeration of a stream among many consumers: the first starts it, the last to leave cancels it. A consumer that joins later first gets the
    /// latest element, then what follows. A consumer that joins after the end starts a new enumeration.
    /// </summary>
    /// <remarks>
    /// Every consumer receives its buffered elements before the source's end or error. A consumer that leaves, or whose token is cancelled, does not affect
    /// the others. With <see cref="OverflowPolicy.Wait"/> the slowest consumer sets the pace of all, without blocking a thread; with
    /// <see cref="OverflowPolicy.Error"/> only the slow consumer fails.
    /// The source runs outside the execution context of the first consumer: a call does not inherit the deadline, the cancellation, the metainfo or the trace of the
    /// handler that enumerates first. Where the source fails, a consumer that joins afterwards starts a new enumeration.
    /// </remarks>
    /// <typeparam name="T">The type of the elements.</typeparam>
    /// <param name="source">The stream.</param>
    /// <param name="capacity">How many elements are buffered for each consumer. The default is 16; the minimum is 1.</param>
    /// <param name="overflow">What happens to an element for a consumer whose buffer is full. The default is <see cref="OverflowPolicy.DropOldest"/>.</param>
    /// <returns>A stream that is hot while at least one consumer enumerates it.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The capacity is less than 1, or the policy is not defined.</exception>
    public static IAsyncEnumerable<T> ShareLatest<T>(
        this IAsyncEnumerable<T> source, int capacity = 16, OverflowPolicy overflow = OverflowPolicy.DropOldest)
    {
        ArgumentNullException.ThrowIfNull(source);
        new ObservableBufferOptions { Capacity = capacity, Overflow = overflow }.Validate();
        return new SharedStream<T>(source, capacity, overflow);
    }
}
