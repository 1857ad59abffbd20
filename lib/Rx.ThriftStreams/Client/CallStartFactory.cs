using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams.Client;

/// <summary>Settles what goes with a request: options, and what flows on from the server call that is being handled.</summary>
internal static class CallStartFactory
{
    /// <param name="options">The options of the call itself; <see langword="null"/> if it has none.</param>
    /// <param name="defaults">What the call inherits, which has been validated.</param>
    /// <param name="parent">The server call within which the call is made, or <see langword="null"/>.</param>
    /// <param name="channel">The channel's options.</param>
    internal static ClientCallStart Create(
        ThriftCallOptions? options,
        ThriftCallOptions defaults,
        ThriftServerContext? parent,
        ThriftChannelOptions channel)
    {
        var settled = defaults;
        if (options is not null)
        {
            options.Validate();
            settled = options.Over(defaults);
        }

        ThriftMetadata? headers = null;
        if (settled.Headers is { Count: > 0 } own)
        {
            headers = new ThriftMetadata();
            headers.AddRange(own);
        }

        var clock = channel.TimeProvider;
        return new ClientCallStart(settled, headers, MergeMetaInfo(settled.MetaInfo, parent?.MetaInfo, channel.TransientPropagation))
        {
            Deadline = Earliest(settled, parent?.Deadline, clock),
            TimeProvider = clock,
            CallerMethod = parent?.Method.Name ?? string.Empty,
        };
    }

    private static DateTimeOffset? Earliest(ThriftCallOptions options, DateTimeOffset? inherited, TimeProvider clock)
    {
        var earliest = options.Deadline ?? DateTimeOffset.MaxValue;
        if (CallTimers.IsLimit(options.Timeout))
        {
            var now = clock.GetUtcNow();
            var timeout = options.Timeout!.Value;
            var end = timeout < DateTimeOffset.MaxValue - now ? now + timeout : DateTimeOffset.MaxValue;
            earliest = end < earliest ? end : earliest;
        }

        if (inherited is { } limit && limit < earliest)
        {
            earliest = limit;
        }

        return earliest == DateTimeOffset.MaxValue ? null : earliest;
    }

    /// <summary>Persistent values travel on from hop to hop; transient ones reached their goal with the server call, unless the legacy rule is asked for.</summary>
    private static ThriftMetaInfo? MergeMetaInfo(ThriftMetaInfo? own, ThriftMetaInfo? inherited, ThriftTransientPropagation propagation)
    {
        if (own is null && inherited is null)
        {
            return null;
        }

        var merged = new ThriftMetaInfo();
        if (inherited is not null)
        {
            foreach (var (key, value) in inherited.PersistentValues)
            {
                merged.Persistent[key] = value;
            }

            if (propagation == ThriftTransientPropagation.EveryHop)
            {
                foreach (var (key, value) in inherited.TransientValues)
                {
                    merged.Transient[key] = value;
                }
            }
        }

        if (own is not null)
        {
            foreach (var (key, value) in own.TransientValues)
            {
                merged.Transient[key] = value;
            }

            foreach (var (key, value) in own.PersistentValues)
            {
                merged.Persistent[key] = value;
            }
        }

        return merged;
    }
}
