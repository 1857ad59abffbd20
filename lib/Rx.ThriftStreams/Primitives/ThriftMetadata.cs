using System.Collections;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Rx.ThriftStreams.Primitives;

namespace Rx.ThriftStreams;

/// <summary>
/// Headers or trailers: names with values, in order, duplicates allowed. Names are stored in lower case and compared ignoring case.
/// </summary>
/// <remarks>
/// A name that ends in <c>-bin</c> has bytes as its value, held here as base64. Values with characters outside ASCII are sent as UTF-8.
/// A Kitex client cannot read a header or trailer that has several values. Not thread-safe while it is being changed.
/// </remarks>
[DebuggerDisplay("Count = {Count}")]
public sealed class ThriftMetadata : IReadOnlyCollection<KeyValuePair<string, string>>
{
    private static readonly List<KeyValuePair<string, string>> NoEntries = [];

    // Shared until the first entry: most metadata stays empty.
    private List<KeyValuePair<string, string>> _entries = NoEntries;
    private bool _frozen;

    /// <summary>Empty metadata that cannot be changed.</summary>
    public static ThriftMetadata Empty { get; } = new() { _frozen = true };

    /// <summary>The number of entries; a name with two values counts twice.</summary>
    public int Count => _entries.Count;

    /// <summary>The first value of a name.</summary>
    /// <param name="name">The name, in any case.</param>
    /// <exception cref="KeyNotFoundException">The name does not exist.</exception>
    public string this[string name]
    {
        get => TryGetValue(name, out var value) ? value : throw new KeyNotFoundException($"The metadata \"{name}\" does not exist.");
        set => Set(name, value);
    }

    /// <summary>Adds a value; existing values of the name are kept.</summary>
    /// <param name="name">Letters, digits, <c>-</c>, <c>_</c>, <c>.</c>; stored in lower case. Names reserved for the protocols are refused.</param>
    /// <param name="value">The value, without control characters. Base64 if the name ends in <c>-bin</c>.</param>
    /// <exception cref="ArgumentException">The name or value cannot be sent; the message states why.</exception>
    public void Add(string name, string value)
    {
        ThrowIfFrozen();
        name = ThriftMetadataNames.Normalize(name);
        ThriftMetadataNames.CheckValue(name, value);
        if (ThriftMetadataNames.IsBinary(name) && !ThriftBase64.TryDecode(value, out _))
        {
            throw new ArgumentException($"The value of metadata \"{name}\" is not base64. Use AddBinary for bytes.", nameof(value));
        }

        Append(name, value);
    }

    /// <summary>Adds bytes under a name that ends in <c>-bin</c>.</summary>
    /// <param name="name">The name, with the suffix <c>-bin</c>.</param>
    /// <param name="value">The bytes; copied.</param>
    /// <exception cref="ArgumentException">The name cannot be sent or lacks the suffix.</exception>
    public void AddBinary(string name, ReadOnlySpan<byte> value)
    {
        ThrowIfFrozen();
        name = ThriftMetadataNames.Normalize(name);
        if (!ThriftMetadataNames.IsBinary(name))
        {
            throw new ArgumentException($"The metadata name \"{name}\" must end in \"-bin\" to hold bytes.", nameof(name));
        }

        Append(name, ThriftBase64.Encode(value));
    }

    /// <summary>Replaces all values of a name with one value.</summary>
    /// <inheritdoc cref="Add"/>
    public void Set(string name, string value)
    {
        ThrowIfFrozen();
        var normal = ThriftMetadataNames.Normalize(name);
        _entries.RemoveAll(entry => entry.Key == normal);
        Add(normal, value);
    }

    /// <summary>Finds the first value of a name.</summary>
    /// <param name="name">The name, in any case.</param>
    /// <param name="value">The value.</param>
    public bool TryGetValue(string name, [NotNullWhen(true)] out string? value)
    {
        foreach (var entry in _entries)
        {
            if (string.Equals(entry.Key, name, StringComparison.OrdinalIgnoreCase))
            {
                value = entry.Value;
                return true;
            }
        }

        value = null;
        return false;
    }

    /// <summary>Finds the first value of a name that ends in <c>-bin</c>, as bytes.</summary>
    /// <param name="name">The name, in any case.</param>
    /// <param name="value">The bytes.</param>
    /// <returns><see langword="false"/> if the name does not exist or its value is not base64.</returns>
    public bool TryGetBinary(string name, [NotNullWhen(true)] out byte[]? value)
    {
        value = null;
        return TryGetValue(name, out var text) && ThriftBase64.TryDecode(text, out value);
    }

    /// <summary>All values of a name, in order.</summary>
    /// <param name="name">The name, in any case.</param>
    public IEnumerable<string> GetValues(string name)
    {
        foreach (var entry in _entries)
        {
            if (string.Equals(entry.Key, name, StringComparison.OrdinalIgnoreCase))
            {
                yield return entry.Value;
            }
        }
    }

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, string>> GetEnumerator() => ((IEnumerable<KeyValuePair<string, string>>)_entries).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Adds what a peer sent, without checks: the protocol has already validated it.</summary>
    internal void AddReceived(string name, string value) => Append(name, value);

    internal void AddRange(ThriftMetadata other)
    {
        ThrowIfFrozen();
        if (other.Count > 0)
        {
            OwnEntries().AddRange(other._entries);
        }
    }

    private void Append(string name, string value) => OwnEntries().Add(new(name, value));

    private List<KeyValuePair<string, string>> OwnEntries()
    {
        if (ReferenceEquals(_entries, NoEntries))
        {
            _entries = [];
        }

        return _entries;
    }

    private void ThrowIfFrozen()
    {
        if (_frozen)
        {
            throw new InvalidOperationException("This metadata is read-only. Create a new ThriftMetadata instead.");
        }
    }
}
