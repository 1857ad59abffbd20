namespace Rx.ThriftStreams.Tests.Support;

/// <summary>A stream that counts its enumerations and knows when they are disposed and cancelled.</summary>
internal sealed class TrackedStream<T>(Func<CancellationToken, IAsyncEnumerable<T>> body) : IAsyncEnumerable<T>
{
    private readonly TaskCompletionSource _disposed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _enumerations;
    private int _pulls;
    private int _disposals;

    public int Enumerations => Volatile.Read(ref _enumerations);

    public int Pulls => Volatile.Read(ref _pulls);

    public int Disposals => Volatile.Read(ref _disposals);

    /// <summary>Completes when an enumerator has been disposed for the first time.</summary>
    public Task Disposed => _disposed.Task;

    public CancellationToken Token { get; private set; }

    public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        Interlocked.Increment(ref _enumerations);
        Token = cancellationToken;
        return new Enumerator(this, body(cancellationToken).GetAsyncEnumerator(cancellationToken));
    }

    private sealed class Enumerator(TrackedStream<T> stream, IAsyncEnumerator<T> inner) : IAsyncEnumerator<T>
    {
        public T Current => inner.Current;

        public ValueTask<bool> MoveNextAsync()
        {
            Interlocked.Increment(ref stream._pulls);
            return inner.MoveNextAsync();
        }

        public async ValueTask DisposeAsync()
        {
            await inner.DisposeAsync();
            Interlocked.Increment(ref stream._disposals);
            stream._disposed.TrySetResult();
        }
    }
}

internal static class Streams
{
    /// <summary>Elements that are all there at once, and then the end.</summary>
    public static TrackedStream<int> Range(int start, int count) => new(_ => Enumerable.Range(start, count).ToAsyncEnumerable());

    /// <summary>The given elements, then nothing until the token is cancelled.</summary>
    public static TrackedStream<int> Silent(params int[] first) => new(token => SilentAsync(first, token));

    /// <summary>The given elements, then the error.</summary>
    public static TrackedStream<int> Failing(Exception error, params int[] first) => new(_ => FailingAsync(error, first));

    /// <summary>Integers without end, never waiting, never looking at the token.</summary>
    public static TrackedStream<int> Endless() => new(_ => EndlessAsync());

    private static async IAsyncEnumerable<int> SilentAsync(int[] first, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken token)
    {
        foreach (int i in first)
        {
            yield return i;
        }

        await Task.Delay(Timeout.InfiniteTimeSpan, token).ConfigureAwait(false);
    }

    private static async IAsyncEnumerable<int> FailingAsync(Exception error, int[] first)
    {
        foreach (int i in first)
        {
            yield return i;
        }

        await Task.CompletedTask;
        throw error;
    }

    private static async IAsyncEnumerable<int> EndlessAsync()
    {
        await Task.CompletedTask;
        for (int i = 0; ; i++)
        {
            yield return i;
        }
    }
}
