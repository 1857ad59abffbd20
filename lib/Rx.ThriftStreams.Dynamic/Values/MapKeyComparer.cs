using System;
using System.Collections.Generic;

namespace Rx.ThriftStreams.Dynamic;

/// <summary>Compares the keys of maps. Hashes are keyed by a secret of the process, since a peer chooses the keys; binaries are compared by their bytes.</summary>
internal sealed class MapKeyComparer : IEqualityComparer<object>
{
    internal static readonly MapKeyComparer Instance = new();

    bool IEqualityComparer<object>.Equals(object? x, object? y)
        => x is byte[] left && y is byte[] right ? left.AsSpan().SequenceEqual(right) : object.Equals(x, y);

    public int GetHashCode(object obj)
    {
        switch (obj)
        {
            case long value:
                return HashCode.Combine((int)value, (int)(value >> 32));

            case double value:
                long bits = BitConverter.DoubleToInt64Bits(value == 0 ? 0 : value);
                return HashCode.Combine((int)bits, (int)(bits >> 32));

            case byte[] value:
                var bytes = default(HashCode);
                bytes.AddBytes(value);
                return bytes.ToHashCode();

            case Guid value:
                var guid = default(HashCode);
                guid.AddBytes(value.ToByteArray());
                return guid.ToHashCode();

            default:
                return HashCode.Combine(obj);
        }
    }
}
