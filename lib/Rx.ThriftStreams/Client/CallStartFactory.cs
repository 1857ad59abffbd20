using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams.Client;

/// <summary>Determines what is sent with a request: options, and what propagates from the server call that is being handled.</summary>
internal static class CallStartFactory
{
    /// <param name="method">The method.</param>
    /// <param name="options">The options of the call itself; <see langword="null"/> if it has none.</param>
    /// <param name="defaults">What the call inherits, which has been validated.</param>
    /// <param name="parent">The server call within which the call is made, or <see langword="null"/>.</param>
    /// <param name="channel">The channel's options.</param>
    internal static ClientCallStart Create(
        ThriftMethod method,
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

        if (settled.Timeout is null && channel.Policies?.TimeoutOf(method) is { } limitOfPolicy)
        {
            settled = settled with { Timeout = limitOfPolicy };
        }

        ThriftMetadata? headers = null;
        if (settled.Headers is { Count: > 0 } own)
        {
            headers = new ThriftMetadata();
            headers.AddRange(own);
        }

        var (limit, deadline) = LimitOf(settled, parent, channel.TimeProvider);
        return new ClientCallStart(settled, channel.TimeProvider, limit, headers, MergeMetaInfo(settled.MetaInfo, parent?.MetaInfo, channel.TransientPropagation))
        {
            Deadline = deadline,
            CallerMethod = parent?.Method.Name ?? string.Empty,
        };
    }

    /// <summary>The time that the call may take from now on, and the wall-clock time at which that ends; <see langword="null"/> without a limit.</summary>
    /// <remarks>The wall clock is read once, when the call starts: changing the clock later must not change how long a call may take.</remarks>
    internal static (TimeSpan? Limit, DateTimeOffset? Deadline) LimitOf(ThriftCallOptions options, ThriftServerContext? parent, TimeProvider clock)
    {
        TimeSpan? limit = null;
        DateTimeOffset? deadline = null;
        if (CallTimers.IsLimit(options.Timeout) || options.Deadline is not null)
        {
            var now = clock.GetUtcNow();
            if (CallTimers.IsLimit(options.Timeout))
            {
                limit = options.Timeout!.Value;
                deadline = limit < DateTimeOffset.MaxValue - now ? now + limit : DateTimeOffset.MaxValue;
            }

            if (options.Deadline is { } own && !(own >= deadline))
            {
                (limit, deadline) = (own - now, own);
            }
        }

        if (parent?.TimeLeft is { } left && !(left >= limit))
        {
            (limit, deadline) = (left, parent.Deadline);
        }

        return (limit < TimeSpan.Zero ? TimeSpan.Zero : limit, deadline);
    }

    /// <summary>Persistent values are forwarded at every hop; transient ones end with the server call, unless the legacy rule is configured.</summary>
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
