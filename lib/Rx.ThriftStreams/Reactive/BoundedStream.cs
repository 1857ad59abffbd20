namespace Rx.ThriftStreams.Reactive;

/// <summary>A stream in which each enumeration is a separate subscription with a bounded buffer.</summary>
internal sealed class BoundedStream<T>(IObservable<T> source, ObservableBufferOptions options) : IAsyncEnumerable<T>
{
    public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default)
        => new BoundedEnumerator<T>(source, options, cancellationToken);
}
