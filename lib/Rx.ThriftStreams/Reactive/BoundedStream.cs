using System.Runtime.CompilerServices;

namespace Rx.ThriftStreams.Reactive;

/// <summary>A stream in which each enumeration is a separate subscription with a bounded buffer.</summary>
internal sealed class BoundedStream<T>(IObservable<T> source, ObservableBufferOptions options, CancellationToken cancellationToken = default) : IAsyncEnumerable<T>
{
    public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken enumerationToken = default)
    {
        if (!enumerationToken.CanBeCanceled || enumerationToken == cancellationToken)
        {
            return new BoundedEnumerator<T>(source, options, cancellationToken);
        }

        return cancellationToken.CanBeCanceled ? EitherAsync(cancellationToken).GetAsyncEnumerator(enumerationToken) : new BoundedEnumerator<T>(source, options, enumerationToken);
    }

    /// <summary>An enumeration that two tokens end.</summary>
    private async IAsyncEnumerable<T> EitherAsync([EnumeratorCancellation] CancellationToken linkedToken)
    {
        await foreach (var item in new BoundedStream<T>(source, options, linkedToken).ConfigureAwait(false))
        {
            yield return item;
        }
    }
}
