using System;
using System.Collections;
using System.Collections.Generic;

namespace Rx.ThriftStreams.Compiler.Generator;

/// <summary>An array with value equality over its elements, which incremental steps need to detect that nothing changed.</summary>
internal sealed class EquatableArray<T>(T[] items) : IEquatable<EquatableArray<T>>, IEnumerable<T>
    where T : IEquatable<T>
{
    public IReadOnlyList<T> Items => items;

    public bool Equals(EquatableArray<T>? other)
    {
        if (other is null || items.Length != other.Items.Count)
        {
            return false;
        }

        for (var i = 0; i < items.Length; i++)
        {
            if (!items[i].Equals(other.Items[i]))
            {
                return false;
            }
        }

        return true;
    }

    public override bool Equals(object? obj) => Equals(obj as EquatableArray<T>);

    public override int GetHashCode()
    {
        var hash = items.Length;
        foreach (var item in items)
        {
            hash = unchecked((hash * 31) + item.GetHashCode());
        }

        return hash;
    }

    public IEnumerator<T> GetEnumerator() => ((IEnumerable<T>)items).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => items.GetEnumerator();
}
