namespace Rx.ThriftStreams.Tests.Support;

/// <summary>What has come over a connection, for those who wait for something in it.</summary>
/// <param name="received">Grows as bytes come; touched within <see cref="Read"/>, <see cref="Add"/> and conditions only.</param>
internal sealed class Arrivals<T>(T received)
{
    private readonly Lock _gate = new();
    private TaskCompletionSource _news = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _closed;

    /// <summary>Reads what has come.</summary>
    internal TResult Read<TResult>(Func<T, TResult> read)
    {
        lock (_gate)
        {
            return read(received);
        }
    }

    /// <summary>Something has come.</summary>
    internal void Add(Action<T> add)
    {
        lock (_gate)
        {
            add(received);
            Notify();
        }
    }

    /// <summary>Nothing more will come.</summary>
    internal void Close()
    {
        lock (_gate)
        {
            _closed = true;
            Notify();
        }
    }

    /// <summary>Waits for something to have come.</summary>
    /// <exception cref="IOException">The connection ended before.</exception>
    /// <exception cref="TimeoutException">It did not come.</exception>
    internal async Task WaitAsync(Func<T, bool> condition, string what)
    {
        while (true)
        {
            Task news;
            lock (_gate)
            {
                if (condition(received))
                {
                    return;
                }

                if (_closed)
                {
                    throw new IOException($"The connection ended before {what}.");
                }

                news = _news.Task;
            }

            try
            {
                await news.Soon();
            }
            catch (TimeoutException)
            {
                throw new TimeoutException($"Waited in vain for {what}.");
            }
        }
    }

    private void Notify()
    {
        var news = _news;
        _news = new(TaskCreationOptions.RunContinuationsAsynchronously);
        news.SetResult();
    }
}
