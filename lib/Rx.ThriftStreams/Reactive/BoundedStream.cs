namespace Rx.ThriftStreams.Reactive;

/// <summary>A stream whose every enumeration is a subscription of its own, with a bounded buffer.</summary>
internal sealed class BoundedStream<T>(IObservable<T> source, ObservableBufferOptions options) : IAsyncEnumerable<T>
{
    public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default)
        => new BoundedEnumerator<T>(source, options, cancellationToken);
}
