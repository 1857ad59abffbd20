using System.Buffers;
using System.Collections.Frozen;

namespace Rx.ThriftStreams.Primitives;

/// <summary>Which names may be metadata. HTTP/2 forbids capitals, and some names belong to the protocols (gRPC's and Kitex's).</summary>
internal static class ThriftMetadataNames
{
    /// <summary>The suffix of names whose values are bytes.</summary>
    internal const string BinarySuffix = "-bin";

    private static readonly SearchValues<char> NameCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-_.");

    private static readonly SearchValues<char> ControlCharacters
        = SearchValues.Create([.. Enumerable.Range(0, ' ').Append(0x7f).Where(static c => c != '\t').Select(static c => (char)c)]);

    // As they are received: Kestrel gives the usual ones with capitals.
    private static readonly FrozenSet<string> Reserved = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "content-type", "user-agent", "te", "host", "connection", "transfer-encoding", "content-length",
        "grpc-encoding", "grpc-accept-encoding", "grpc-message", "grpc-status", "grpc-timeout", "grpc-message-type",
        "grpc-status-details-bin", "biz-status", "biz-extra");

    internal static bool IsReserved(string name) => name.StartsWith(':') || Reserved.Contains(name);

    internal static bool IsBinary(string name) => name.EndsWith(BinarySuffix, StringComparison.Ordinal);

    /// <summary>Converts a user's name to the form that is sent, or throws if it cannot be sent.</summary>
    internal static string Normalize(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var lower = name.ToLowerInvariant();
        var bad = lower.AsSpan().IndexOfAnyExcept(NameCharacters);
        if (bad >= 0)
        {
            throw new ArgumentException(
                $"The metadata name \"{name}\" contains the character '{name[bad]}'. Use only letters, digits, '-', '_' and '.'.", nameof(name));
        }

        if (IsReserved(lower))
        {
            throw new ArgumentException($"The metadata name \"{name}\" is reserved for the protocol. Use another name.", nameof(name));
        }

        return lower;
    }

    /// <summary>Throws unless the value can be sent as a header value.</summary>
    internal static void CheckValue(string name, string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        var bad = value.AsSpan().IndexOfAny(ControlCharacters);
        if (bad >= 0)
        {
            throw new ArgumentException(
                $"The value of metadata \"{name}\" contains the control character U+{(int)value[bad]:X4}. Send bytes under a name that ends in \"-bin\".", nameof(value));
        }

        if (value.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF') && IndexOfLoneSurrogate(value) is >= 0 and var lone)
        {
            throw new ArgumentException(
                $"The value of metadata \"{name}\" contains half of a surrogate pair, U+{(int)value[lone]:X4}, which UTF-8 cannot carry. Send bytes under a name that ends in \"-bin\".",
                nameof(value));
        }
    }

    private static int IndexOfLoneSurrogate(string value)
    {
        for (var i = 0; i < value.Length; i++)
        {
            if (char.IsSurrogatePair(value, i))
            {
                i++;
            }
            else if (char.IsSurrogate(value[i]))
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>Whether the value cannot be sent in a header.</summary>
    internal static bool HasControlCharacter(string value) => value.AsSpan().ContainsAny(ControlCharacters);
}
