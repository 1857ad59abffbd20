using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;

namespace Rx.ThriftStreams.Serialization;

/// <summary>Compares what has no value equality of its own, by content: binaries, lists, sets and maps. Used by generated code.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class ThriftComparer
{
    /// <summary>Compares binaries by their bytes. Give it to sets and maps that are keyed by <c>binary</c>.</summary>
    public static IEqualityComparer<ReadOnlyMemory<byte>> Binary { get; } = new BinaryComparer();

    /// <summary>Compares lists element by element, in order.</summary>
    /// <param name="element">Compares elements.</param>
    public static IEqualityComparer<List<T>> List<T>(IEqualityComparer<T> element) => new ListComparer<T>(element);

    /// <summary>Compares sets by their elements, whatever the order.</summary>
    /// <param name="element">Compares elements.</param>
    public static IEqualityComparer<HashSet<T>> Set<T>(IEqualityComparer<T> element) => new SetComparer<T>(element);

    /// <summary>Compares maps by their pairs, whatever the order.</summary>
    /// <param name="key">Compares keys.</param>
    /// <param name="value">Compares values.</param>
    public static IEqualityComparer<Dictionary<TKey, TValue>> Map<TKey, TValue>(IEqualityComparer<TKey> key, IEqualityComparer<TValue> value)
        where TKey : notnull
        => new MapComparer<TKey, TValue>(key, value);

    private sealed class BinaryComparer : IEqualityComparer<ReadOnlyMemory<byte>>
    {
        public bool Equals(ReadOnlyMemory<byte> x, ReadOnlyMemory<byte> y) => x.Span.SequenceEqual(y.Span);

        public int GetHashCode(ReadOnlyMemory<byte> obj)
        {
            var hash = default(HashCode);
            hash.AddBytes(obj.Span);
            return hash.ToHashCode();
        }
    }

    private sealed class ListComparer<T>(IEqualityComparer<T> element) : IEqualityComparer<List<T>>
    {
        public bool Equals(List<T>? x, List<T>? y)
        {
            if (ReferenceEquals(x, y))
            {
                return true;
            }

            if (x is null || y is null || x.Count != y.Count)
            {
                return false;
            }

            for (var i = 0; i < x.Count; i++)
            {
                if (!element.Equals(x[i], y[i]))
                {
                    return false;
                }
            }

            return true;
        }

        public int GetHashCode([DisallowNull] List<T> obj)
        {
            var hash = default(HashCode);
            foreach (var item in obj)
            {
                hash.Add(item, element);
            }

            return hash.ToHashCode();
        }
    }

    private sealed class SetComparer<T>(IEqualityComparer<T> element) : IEqualityComparer<HashSet<T>>
    {
        public bool Equals(HashSet<T>? x, HashSet<T>? y)
        {
            if (ReferenceEquals(x, y))
            {
                return true;
            }

            if (x is null || y is null || x.Count != y.Count)
            {
                return false;
            }

            // The set's own comparer may be by reference (somebody made it without ours): compare by content regardless.
            var other = Equals(y.Comparer, element) ? y : new HashSet<T>(y, element);
            foreach (var item in x)
            {
                if (!other.Contains(item))
                {
                    return false;
                }
            }

            return true;
        }

        public int GetHashCode([DisallowNull] HashSet<T> obj)
        {
            var hash = obj.Count;
            foreach (var item in obj)
            {
                hash = unchecked(hash + (item is null ? 0 : element.GetHashCode(item)));
            }

            return hash;
        }
    }

    private sealed class MapComparer<TKey, TValue>(IEqualityComparer<TKey> key, IEqualityComparer<TValue> value) : IEqualityComparer<Dictionary<TKey, TValue>>
        where TKey : notnull
    {
        public bool Equals(Dictionary<TKey, TValue>? x, Dictionary<TKey, TValue>? y)
        {
            if (ReferenceEquals(x, y))
            {
                return true;
            }

            if (x is null || y is null || x.Count != y.Count)
            {
                return false;
            }

            var other = Equals(y.Comparer, key) ? y : ByContent(y);
            foreach (var (itemKey, item) in x)
            {
                if (!other.TryGetValue(itemKey, out var otherItem) || !value.Equals(item, otherItem))
                {
                    return false;
                }
            }

            return true;
        }

        public int GetHashCode([DisallowNull] Dictionary<TKey, TValue> obj)
        {
            var hash = obj.Count;
            foreach (var (itemKey, item) in obj)
            {
                hash = unchecked(hash + HashCode.Combine(key.GetHashCode(itemKey), item is null ? 0 : value.GetHashCode(item)));
            }

            return hash;
        }

        private Dictionary<TKey, TValue> ByContent(Dictionary<TKey, TValue> map)
        {
            var copy = new Dictionary<TKey, TValue>(map.Count, key);
            foreach (var (itemKey, item) in map)
            {
                copy[itemKey] = item;
            }

            return copy;
        }
    }
}
