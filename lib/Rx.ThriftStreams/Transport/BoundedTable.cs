using System.Collections.Concurrent;

namespace Rx.ThriftStreams.Transport;

/// <summary>
/// Keeps what was created for a key, for a limited number of keys: a proxy calls methods whose names its callers choose, and must not keep something for each of them. Thread-safe.
/// </summary>
/// <param name="most">How many keys are kept, more or less; later ones are not.</param>
/// <param name="comparer">Compares keys.</param>
internal sealed class BoundedTable<TKey, TValue>(int most, IEqualityComparer<TKey> comparer)
    where TKey : notnull
{
    private readonly ConcurrentDictionary<TKey, TValue> _entries = new(comparer);
    private int _count;

    /// <summary>The value of a key, kept if there is room for it.</summary>
    /// <param name="key">The key.</param>
    /// <param name="create">Creates a value.</param>
    /// <param name="other">Returns a value for a key for which there is no room.</param>
    /// <param name="state">Is passed to both.</param>
    internal TValue GetOrAdd<TState>(TKey key, Func<TKey, TState, TValue> create, Func<TKey, TState, TValue> other, TState state)
    {
        if (_entries.TryGetValue(key, out var found))
        {
            return found;
        }

        if (Volatile.Read(ref _count) >= most)
        {
            return other(key, state);
        }

        var created = create(key, state);
        if (_entries.TryAdd(key, created))
        {
            Interlocked.Increment(ref _count);
            return created;
        }

        return _entries.TryGetValue(key, out found) ? found : created;
    }
}
