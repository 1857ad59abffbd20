using System.Reactive.Concurrency;

namespace Rx.ThriftStreams.Reactive;

/// <summary>The buffer between an observable, which pushes, and the enumeration that takes from it.</summary>
public sealed class ObservableBufferOptions
{
    internal static readonly ObservableBufferOptions Default = new();

    /// <summary>How many elements may be buffered. The default is 128; the minimum is 1.</summary>
    public int Capacity { get; init; } = 128;

    /// <summary>
    /// What happens to an element that arrives when <see cref="Capacity"/> elements are buffered. The default is <see cref="OverflowPolicy.Wait"/>,
    /// which blocks the thread that calls <c>OnNext</c>.
    /// </summary>
    public OverflowPolicy Overflow { get; init; } = OverflowPolicy.Wait;

    /// <summary>
    /// Called for each dropped element with the number of elements that this enumeration has dropped so far. Runs on the producer's thread; an exception that it
    /// throws propagates to the producer. The default is <see langword="null"/>.
    /// </summary>
    public Action<long>? OnDropped { get; init; }

    /// <summary>
    /// Where <c>Subscribe</c> is called. The default, <see langword="null"/>, is a thread of the thread pool, so that a source which emits during
    /// <c>Subscribe</c> never blocks its own consumer. <see cref="ImmediateScheduler"/> subscribes before the first <c>MoveNextAsync</c> returns,
    /// so that no element of a hot source (a subject, an event) is missed after that.
    /// </summary>
    public IScheduler? SubscribeScheduler { get; init; }

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Capacity, 1, nameof(Capacity));
        if (Overflow is < OverflowPolicy.Wait or > OverflowPolicy.Error)
        {
            throw new ArgumentOutOfRangeException(nameof(Overflow), Overflow, "The overflow policy is not one of Wait, DropOldest, DropNewest, Error.");
        }
    }
}
