using System.Runtime.CompilerServices;

namespace Rx.ThriftStreams.Reactive;

/// <summary>Adds its consumers to the running <see cref="SharedEnumeration{T}"/>, or starts one.</summary>
internal sealed class SharedStream<T>(IAsyncEnumerable<T> source, int capacity, OverflowPolicy overflow) : IAsyncEnumerable<T>
{
    private readonly Lock _gate = new();
    private SharedEnumeration<T>? _current;

    public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default) => ConsumeAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);

    private async IAsyncEnumerable<T> ConsumeAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        (SharedEnumeration<T> shared, SharedEnumeration<T>.Consumer consumer) = Join();
        try
        {
            while (await consumer.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
            {
                while (consumer.Reader.TryRead(out T? element))
                {
                    yield return element;
                    cancellationToken.ThrowIfCancellationRequested();
                }
            }
        }
        finally
        {
            shared.Leave(consumer);
        }
    }

    private (SharedEnumeration<T> Shared, SharedEnumeration<T>.Consumer Consumer) Join()
    {
        lock (_gate)
        {
            if (_current?.TryJoin() is { } joined)
            {
                return (_current, joined);
            }

            // The previous one has ended or all its consumers have left: it winds down by itself.
            _current = new SharedEnumeration<T>(source, capacity, overflow);
            return (_current, _current.TryJoin()!);
        }
    }
}
