using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams.Wire;

/// <summary>What every request over a TTHeader carries: the call's headers, metainfo and remaining time.</summary>
internal static class RequestPairs
{
    /// <summary>Adds the call's headers and metainfo as string pairs.</summary>
    internal static TTHeaderBuilder AddPairs(this TTHeaderBuilder header, ClientCallStart start)
    {
        foreach (var (name, value) in start.Headers)
        {
            header.AddString(name, value);
        }

        foreach (var (key, value) in start.MetaInfo.TransientValues)
        {
            header.AddString(TTHeaderStringKeys.TransientPrefix, key, value);
        }

        foreach (var (key, value) in start.MetaInfo.PersistentValues)
        {
            header.AddString(TTHeaderStringKeys.PersistentPrefix, key, value);
        }

        return header;
    }

    /// <summary>The remaining time of the call, in whole milliseconds, at least one; <see langword="null"/> without a deadline.</summary>
    internal static int? RemainingMilliseconds(this ClientCallStart start)
        => start.Remaining is { } remaining ? (int)Math.Clamp(Math.Ceiling(remaining.TotalMilliseconds), 1, int.MaxValue) : null;
}
