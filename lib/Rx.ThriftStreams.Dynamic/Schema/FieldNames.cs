using System;

namespace Rx.ThriftStreams.Dynamic;

/// <summary>Finds fields by their names in UTF-8, without allocating. The names come from an IDL, so that no peer can make them collide.</summary>
internal sealed class FieldNames
{
    internal static readonly FieldNames Empty = new([]);

    private readonly ThriftFieldSchema?[] _slots;

    internal FieldNames(ThriftFieldSchema[] fields)
    {
        int size = 1;
        while (size < fields.Length * 2)
        {
            size *= 2;
        }

        _slots = new ThriftFieldSchema?[size];
        foreach (var field in fields)
        {
            // The first of two equal names wins, as it does in Kitex.
            if (Find(field.Utf8JsonName.Span) is not null)
            {
                continue;
            }

            int slot = Hash(field.Utf8JsonName.Span);
            while (_slots[slot & (size - 1)] is not null)
            {
                slot++;
            }

            _slots[slot & (size - 1)] = field;
        }
    }

    internal ThriftFieldSchema? Find(ReadOnlySpan<byte> name)
    {
        int mask = _slots.Length - 1;
        for (int slot = Hash(name), tries = 0; tries <= mask; slot++, tries++)
        {
            if (_slots[slot & mask] is not { } field)
            {
                return null;
            }

            if (name.SequenceEqual(field.Utf8JsonName.Span))
            {
                return field;
            }
        }

        return null;
    }

    // FNV-1a.
    private static int Hash(ReadOnlySpan<byte> name)
    {
        uint hash = 2166136261;
        foreach (byte b in name)
        {
            hash = (hash ^ b) * 16777619;
        }

        return (int)(hash ^ (hash >> 15)) & int.MaxValue;
    }
}
