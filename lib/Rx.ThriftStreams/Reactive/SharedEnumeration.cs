using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;

namespace Rx.ThriftStreams.Reactive;

/// <summary>One enumeration of a source for several consumers, from the first that joins to the last that leaves.</summary>
[SuppressMessage("Design", "CA1001", Justification = "The token source has neither a timer nor a wait handle, and the last consumer may leave while the source ends.")]
internal sealed class SharedEnumeration<T>(IAsyncEnumerable<T> source, int capacity, OverflowPolicy overflow)
{
    private readonly Lock _gate = new();

    private readonly CancellationTokenSource _cancellation = new();
    private ImmutableArray<Consumer> _consumers = [];
    private bool _hasLatest;
    private T _latest = default!;
    private bool _started;
    private bool _closed;

    /// <summary>Adds a consumer, with the latest element in its buffer; <see langword="null"/> if this enumeration has ended or all consumers have left.</summary>
    public Consumer? TryJoin()
    {
        Consumer consumer;
        lock (_gate)
        {
            if (_closed)
            {
                return null;
            }

            consumer = new Consumer(capacity, overflow);
            if (_hasLatest)
            {
                consumer.Offer(_latest);
            }

            // Under the same lock as the latest element: otherwise the next element could reach this consumer twice or not at all.
            _consumers = _consumers.Add(consumer);
            if (_started)
            {
                return consumer;
            }

            _started = true;
        }

        // On the thread pool, because a source that never has to wait would block its first consumer forever. Without that consumer's execution context: the deadline
        // and the end of the server call that it may handle must not end the source for all others.
        ThreadPool.UnsafeQueueUserWorkItem(static self => _ = self.PumpAsync(), this, preferLocal: false);
        return consumer;
    }

    public void Leave(Consumer consumer)
    {
        consumer.Close(null);
        lock (_gate)
        {
            _consumers = _consumers.Remove(consumer);
            if (_consumers.Length > 0 || _closed)
            {
                return;
            }

            _closed = true;
        }

        _cancellation.Cancel();
    }

    private async Task PumpAsync()
    {
        Exception? error = null;
        try
        {
            await foreach (T element in source.WithCancellation(_cancellation.Token).ConfigureAwait(false))
            {
                ImmutableArray<Consumer> consumers;
                lock (_gate)
                {
                    _latest = element;
                    _hasLatest = true;
                    consumers = _consumers;
                }

                foreach (Consumer consumer in consumers)
                {
                    if (!consumer.Offer(element))
                    {
                        await consumer.WriteAsync(element).ConfigureAwait(false);
                    }
                }

                // A source that never has to wait may not observe its token.
                if (_cancellation.IsCancellationRequested)
                {
                    break;
                }
            }
        }
        catch (Exception e)
        {
            // Passed to all consumers below. If none are left, their leaving caused it.
            error = e;
        }

        ImmutableArray<Consumer> last;
        lock (_gate)
        {
            _closed = true;
            last = _consumers;
        }

        foreach (Consumer consumer in last)
        {
            consumer.Close(error);
        }
    }

    /// <summary>The elements that are buffered for one consumer.</summary>
    internal sealed class Consumer(int capacity, OverflowPolicy overflow)
    {
        private readonly Channel<T> _channel = Channel.CreateBounded<T>(
            new BoundedChannelOptions(capacity)
            {
                SingleReader = true,
                FullMode = overflow switch
                {
                    OverflowPolicy.DropOldest => BoundedChannelFullMode.DropOldest,
                    OverflowPolicy.DropNewest => BoundedChannelFullMode.DropWrite,
                    _ => BoundedChannelFullMode.Wait,
                },
            },
            overflow == OverflowPolicy.DropOldest ? static _ => OverflowMeter.Dropped(OverflowPolicy.DropOldest) : static _ => OverflowMeter.Dropped(OverflowPolicy.DropNewest));

        public ChannelReader<T> Reader => _channel.Reader;

        /// <summary>Offers an element without waiting; <see langword="false"/> if there is no room and the caller must wait for it.</summary>
        public bool Offer(T element)
        {
            if (_channel.Writer.TryWrite(element) || overflow is OverflowPolicy.DropOldest or OverflowPolicy.DropNewest)
            {
                return true;
            }

            if (overflow is OverflowPolicy.Error)
            {
                OverflowMeter.Dropped(OverflowPolicy.Error);
                Close(new ThriftBufferOverflowException(capacity));
                return true;
            }

            return false;
        }

        public async ValueTask WriteAsync(T element)
        {
            while (await _channel.Writer.WaitToWriteAsync().ConfigureAwait(false))
            {
                if (_channel.Writer.TryWrite(element))
                {
                    return;
                }
            }
        }

        public void Close(Exception? error) => _channel.Writer.TryComplete(error);
    }
}
