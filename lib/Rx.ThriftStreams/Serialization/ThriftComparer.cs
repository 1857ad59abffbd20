using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;

namespace Rx.ThriftStreams.Serialization;

/// <summary>
/// Compares binaries, lists, sets and maps by content, and hashes numbers so that a peer cannot choose keys that collide.
/// Used by generated code.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class ThriftComparer
{
    // The longest chain that chosen keys can form where the type's default comparer is used, which saves about 2 ns a key.
    private const int FewKeys = 128;

    /// <summary>Compares <c>i32</c> values; the hash is secret to this process.</summary>
    public static IEqualityComparer<int> I32 { get; } = new KeyComparer.OfI32();

    /// <summary>Compares <c>i64</c> values; the hash is secret to this process.</summary>
    public static IEqualityComparer<long> I64 { get; } = new KeyComparer.OfI64();

    /// <summary>Compares <c>double</c> values, as <see cref="double.Equals(double)"/> does; the hash is secret to this process.</summary>
    public static IEqualityComparer<double> Double { get; } = new KeyComparer.OfDouble();

    /// <summary>Compares <c>uuid</c> values; the hash is secret to this process.</summary>
    public static IEqualityComparer<Guid> Uuid { get; } = new KeyComparer.OfUuid();

    /// <summary>Compares binaries by their bytes; the hash is secret to this process. Use it for sets and maps that are keyed by <c>binary</c>.</summary>
    public static IEqualityComparer<ReadOnlyMemory<byte>> Binary { get; } = new BinaryComparer();

    /// <summary>Compares values of a generated enum; the hash is secret to this process.</summary>
    public static IEqualityComparer<T> Enum<T>()
        where T : struct, Enum
        => KeyComparer.OfEnum<T>.Instance;

    /// <summary>The comparer for a set or map that is read with <paramref name="count"/> keys from a peer.</summary>
    /// <param name="count">How many keys the peer sends.</param>
    /// <param name="comparer">One of the comparers of this class with a secret hash.</param>
    /// <returns><paramref name="comparer"/>, or <see langword="null"/> for the type's default comparer where the keys are too few to harm.</returns>
    public static IEqualityComparer<T>? ForKeys<T>(int count, IEqualityComparer<T> comparer) => count > FewKeys ? comparer : null;

    /// <summary>Compares lists element by element, in order.</summary>
    /// <param name="element">Compares elements.</param>
    public static IEqualityComparer<List<T>> List<T>(IEqualityComparer<T> element) => new ListComparer<T>(element);

    /// <summary>Compares sets by their elements, in any order.</summary>
    /// <param name="element">Compares elements.</param>
    public static IEqualityComparer<HashSet<T>> Set<T>(IEqualityComparer<T> element) => new SetComparer<T>(element);

    /// <summary>Compares maps by their pairs, in any order.</summary>
    /// <param name="key">Compares keys.</param>
    /// <param name="value">Compares values.</param>
    public static IEqualityComparer<Dictionary<TKey, TValue>> Map<TKey, TValue>(IEqualityComparer<TKey> key, IEqualityComparer<TValue> value)
        where TKey : notnull
        => new MapComparer<TKey, TValue>(key, value);

    // Comparers with a secret hash agree with the type's default on what is equal.
    private static bool FindsSame<T>(IEqualityComparer<T> actual, IEqualityComparer<T> wanted)
        => Equals(actual, wanted) || (wanted is KeyComparer<T> && ReferenceEquals(actual, EqualityComparer<T>.Default));

    private sealed class BinaryComparer : IEqualityComparer<ReadOnlyMemory<byte>>
    {
        public bool Equals(ReadOnlyMemory<byte> x, ReadOnlyMemory<byte> y) => x.Span.SequenceEqual(y.Span);

        public int GetHashCode(ReadOnlyMemory<byte> obj) => SecretHash.Of(obj.Span);
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

            // A set that was made without this comparer may compare by reference: copy it into one that compares by content.
            var other = FindsSame(y.Comparer, element) ? y : new HashSet<T>(y, element);
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
                // Mixed before it is added up, so that sums do not collide where hashes are numbers that a peer chose.
                hash = unchecked(hash + (item is null ? 0 : HashCode.Combine(element.GetHashCode(item))));
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

            var other = FindsSame(y.Comparer, key) ? y : ByContent(y);
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
