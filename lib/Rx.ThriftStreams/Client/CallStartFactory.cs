using System.Runtime.CompilerServices;
using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams.Client;

/// <summary>Settles what goes with a request: options, and what flows on from the server call that is being handled.</summary>
internal static class CallStartFactory
{
    /// <param name="options">The settings of the call; the channel's where they leave something open.</param>
    /// <param name="defaults">The settings of the channel, which have been validated.</param>
    /// <param name="parent">The server call within which the call is made, or <see langword="null"/>.</param>
    /// <param name="channel">The channel's other settings.</param>
    internal static ClientCallStart Create(
        in ThriftCallOptions options,
        StrongBox<ThriftCallOptions> defaults,
        ThriftServerContext? parent,
        ThriftChannelOptions channel)
    {
        var settings = defaults;
        if (options != default)
        {
            options.Validate();
            settings = new(options.Over(defaults.Value));
        }

        ref readonly var settled = ref settings.Value;
        ThriftMetadata? headers = null;
        if (settled.Headers is { Count: > 0 } own)
        {
            headers = new ThriftMetadata();
            headers.AddRange(own);
        }

        var clock = channel.TimeProvider;
        return new ClientCallStart(settings, headers, MergeMetaInfo(settled.MetaInfo, parent?.MetaInfo, channel.TransientPropagation))
        {
            Deadline = Earliest(settled, parent?.Deadline, clock),
            TimeProvider = clock,
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
