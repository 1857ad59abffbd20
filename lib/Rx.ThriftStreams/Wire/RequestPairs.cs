using System.Text;
using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams.Wire;

/// <summary>What every request over a TTHeader carries: the call's headers, metainfo and remaining time.</summary>
internal static class RequestPairs
{
    /// <summary>Adds the call's headers and metainfo as string pairs.</summary>
    internal static TTHeaderBuilder AddPairs(this TTHeaderBuilder header, ClientCallStart start)
    {
        // Most calls have none, and enumerating nothing is not free.
        if (start.Headers.Count > 0)
        {
            foreach (var (name, value) in start.Headers)
            {
                header.AddString(name, value);
            }
        }

        Add(header, TTHeaderStringKeys.TransientPrefix, start.MetaInfo.TransientValues);
        Add(header, TTHeaderStringKeys.PersistentPrefix, start.MetaInfo.PersistentValues);
        return header;
    }

    /// <summary>The remaining time of the call, in whole milliseconds, at least one; <see langword="null"/> without a deadline.</summary>
    internal static int? RemainingMilliseconds(this ClientCallStart start)
        => start.Remaining is { } remaining ? (int)Math.Clamp(Math.Ceiling(remaining.TotalMilliseconds), 1, int.MaxValue) : null;

    /// <summary>Reads a pair of a request: transient or persistent metainfo by its prefix, a header otherwise.</summary>
    internal static void Read(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, ThriftMetaInfo metaInfo, ThriftMetadata headers)
    {
        var text = Encoding.UTF8.GetString(value);
        if (TryStrip(key, TTHeaderStringKeys.UpstreamTransientPrefix, out var name) || TryStrip(key, TTHeaderStringKeys.TransientPrefix, out name))
        {
            metaInfo.Transient[name] = text;
        }
        else if (TryStrip(key, TTHeaderStringKeys.PersistentPrefix, out name))
        {
            metaInfo.Persistent[name] = text;
        }
        else
        {
            headers.AddReceived(Encoding.UTF8.GetString(key).ToLowerInvariant(), text);
        }
    }

    private static void Add(TTHeaderBuilder header, ReadOnlySpan<byte> prefix, IReadOnlyDictionary<string, string> values)
    {
        if (values.Count > 0)
        {
            foreach (var (key, value) in values)
            {
                header.AddString(prefix, key, value);
            }
        }
    }

    private static bool TryStrip(ReadOnlySpan<byte> key, ReadOnlySpan<byte> prefix, out string name)
    {
        var has = key.StartsWith(prefix) && key.Length > prefix.Length;
        name = has ? Encoding.UTF8.GetString(key[prefix.Length..]) : string.Empty;
        return has;
    }
}
