using Rx.ThriftStreams.Transports;

namespace Rx.ThriftStreams.Streams;

/// <summary>Settles what goes with a request: options, and what flows on from the server call that is being handled.</summary>
internal static class CallStartFactory
{
    internal static ClientCallStart Create(in ThriftCallOptions options, ThriftServerContext? parent, ThriftChannelOptions channel)
    {
        options.Validate();
        var clock = channel.TimeProvider;
        var headers = new ThriftMetadata();
        if (options.Headers is { } own)
        {
            headers.AddRange(own);
        }

        return new ClientCallStart
        {
            Headers = headers,
            MetaInfo = MergeMetaInfo(options.MetaInfo, parent?.MetaInfo, channel.TransientPropagation),
            Deadline = Earliest(options, parent?.Deadline, clock),
            TimeProvider = clock,
            Options = options,
            CallerMethod = parent?.Method.Name ?? string.Empty,
        };
    }

    private static DateTimeOffset? Earliest(in ThriftCallOptions options, DateTimeOffset? inherited, TimeProvider clock)
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
    private static ThriftMetaInfo MergeMetaInfo(ThriftMetaInfo? own, ThriftMetaInfo? inherited, ThriftTransientPropagation propagation)
    {
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
