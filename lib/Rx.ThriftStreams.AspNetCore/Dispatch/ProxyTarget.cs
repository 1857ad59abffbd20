using System.Collections.Frozen;

namespace Rx.ThriftStreams.AspNetCore.Dispatch;

/// <summary>The server to which a proxy forwards calls, and what is forwarded.</summary>
internal sealed class ProxyTarget
{
    private readonly FrozenSet<string> _dropped;

    /// <exception cref="ArgumentException">Calls on the channel do not inherit the deadline of the call that is forwarded.</exception>
    internal ProxyTarget(ThriftChannel channel, ThriftProxyOptions? options)
    {
        if (!channel.FlowsServerContext)
        {
            throw new ArgumentException(
                $"A proxy forwards deadlines and metainfo, but {nameof(ThriftChannelOptions.FlowServerContext)} of its channel is off. Turn it on.", nameof(channel));
        }

        Invoker = new ThriftInvoker(channel);
        _dropped = (options?.DroppedHeaders ?? new HashSet<string>()).ToFrozenSet(StringComparer.OrdinalIgnoreCase);
    }

    internal ThriftInvoker Invoker { get; }

    /// <summary>What a call sends to the server: the caller's headers and metainfo, except what the channel sends itself. The rest is inherited from the call that is handled.</summary>
    /// <exception cref="ThriftStatusException">A header of the caller's cannot be sent.</exception>
    internal ThriftCallOptions OptionsOf(ServerCallContext context)
    {
        var defaults = Invoker.Channel.Defaults;
        var headers = new ThriftMetadata();
        try
        {
            ProxyHeaders.Copy(context.RequestHeaders, headers, _dropped, defaults.Headers, ProxyHeaders.IsTraced(Invoker.Channel));
        }
        catch (ArgumentException error)
        {
            throw new ThriftStatusException(ThriftStatusCode.InvalidArgument, $"The call of {context.Method.FullName} cannot be forwarded. {error.Message}", error);
        }

        return new() { Headers = headers, MetaInfo = TransientOf(context.MetaInfo, defaults.MetaInfo) };
    }

    /// <summary>Copies headers or trailers of the server's answer.</summary>
    /// <exception cref="ThriftProtocolException">One cannot be sent.</exception>
    internal void Return(ThriftMetadata source, ThriftMetadata target)
    {
        try
        {
            ProxyHeaders.Copy(source, target, _dropped);
        }
        catch (ArgumentException error)
        {
            throw new ThriftProtocolException($"The answer cannot be forwarded. {error.Message}", innerException: error);
        }
    }

    /// <summary>A proxy is not a service: transient metainfo, which is for the next service, passes it.</summary>
    private ThriftMetaInfo? TransientOf(ThriftMetaInfo received, ThriftMetaInfo? defaults)
    {
        ThriftMetaInfo? forwarded = null;
        foreach (var (key, value) in received.TransientValues)
        {
            if (!_dropped.Contains(key.Replace('_', '-')) && defaults?.TransientValues.ContainsKey(key) != true)
            {
                (forwarded ??= new()).Transient[key] = value;
            }
        }

        return forwarded;
    }
}
