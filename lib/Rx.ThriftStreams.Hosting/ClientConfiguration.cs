using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Hosting;

/// <summary>The options that a section of the configuration can set: those that text can express, with the names of the properties.</summary>
internal static class ClientConfiguration
{
    internal static void Read(IConfigurationSection section, string client, ThriftClientOptions options)
    {
        var channel = options.Channel;
        new OptionSection(section, "a Thrift client", message => new OptionsValidationException(client, typeof(ThriftClientOptions), [message]))
            .ThrowIfMissing($"the Thrift client \"{client}\"")
            .ReadText(nameof(options.Address), value => options.Address = value)
            .ReadText(nameof(channel.DestinationService), value => channel.DestinationService = value)
            .ReadText(nameof(channel.ServiceName), value => channel.ServiceName = value)
            .Read<bool>(nameof(channel.FlowServerContext), value => channel.FlowServerContext = value)
            .Read<bool>(nameof(channel.PropagateTraceContext), value => channel.PropagateTraceContext = value)
            .ReadName<ThriftTransport>(nameof(channel.StreamTransport), value => channel.StreamTransport = value)
            .ReadName<ThriftTransport>(nameof(channel.PingPongTransport), value => channel.PingPongTransport = value)
            .ReadName<ThriftTransientPropagation>(nameof(channel.TransientPropagation), value => channel.TransientPropagation = value)
            .Group(nameof(channel.Defaults), group => channel.Defaults = ReadCall(group, channel.Defaults))
            .Named(nameof(channel.Methods), (method, group) => channel.Methods[method] = ReadCall(group, channel.Methods.TryGetValue(method, out var own) ? own : new()))
            .Group(nameof(channel.Discovery), group => ReadDiscovery(group, channel.Discovery))
            .Group(nameof(channel.Resilience), group => ReadResilience(group, channel.Resilience))
            .Group(nameof(channel.Limits), group => group.ReadMessageLimits(channel.Limits))
            .Group(nameof(channel.Connections), group => ReadConnections(group, channel.Connections))
            .Group(nameof(channel.Grpc), group => ReadGrpc(group, channel.Grpc))
            .Group(nameof(channel.TTHeader), group => ReadTTHeader(group, channel.TTHeader))
            .Group(nameof(channel.PingPong), group => ReadPingPong(group, channel.PingPong))
            .Group(nameof(channel.Telemetry), group => group.ReadTelemetry(channel.Telemetry))
            .Group(nameof(channel.TlsOptions), group => ClientTls.Read(group, channel))
            .ThrowIfUnknown();
    }

    private static ThriftCallOptions ReadCall(OptionSection section, ThriftCallOptions call)
    {
        section
            .ReadTime(nameof(call.Timeout), value => call = call with { Timeout = value })
            .ReadTime(nameof(call.ConnectTimeout), value => call = call with { ConnectTimeout = value })
            .ReadTime(nameof(call.FirstResponseTimeout), value => call = call with { FirstResponseTimeout = value })
            .ReadTime(nameof(call.ReceiveTimeout), value => call = call with { ReceiveTimeout = value })
            .ReadTime(nameof(call.SendTimeout), value => call = call with { SendTimeout = value })
            .Read<bool>(nameof(call.KeepRemoteOnReceiveTimeout), value => call = call with { KeepRemoteOnReceiveTimeout = value })
            .ReadText(nameof(call.Authority), value => call = call with { Authority = value })
            .ReadText(nameof(call.Compressor), value => call = call with { Compressor = value })
            .Read<bool>(nameof(call.NoDelay), value => call = call with { NoDelay = value })
            .Read<bool>(nameof(call.IsIdempotent), value => call = call with { IsIdempotent = value })
            .Read<bool>(nameof(call.FlowServerContext), value => call = call with { FlowServerContext = value });
        return call;
    }

    private static void ReadDiscovery(OptionSection section, ThriftDiscoveryOptions discovery) => section
        .ReadTime(nameof(discovery.RefreshInterval), value => discovery.RefreshInterval = value)
        .ReadTime(nameof(discovery.DrainTimeout), value => discovery.DrainTimeout = value)

        // An empty name has a meaning: the server as a whole.
        .Read<string>(nameof(discovery.HealthService), value => discovery.HealthService = value);

    private static void ReadResilience(OptionSection section, ThriftResilienceOptions resilience) => section
        .ReadTime(nameof(resilience.ConnectTimeout), value => resilience.ConnectTimeout = value)
        .Read<bool>(nameof(resilience.IncludeServerStreams), value => resilience.IncludeServerStreams = value)
        .Group(nameof(resilience.ConnectRetry), group => ReadConnectRetry(group, resilience.ConnectRetry ??= new()))
        .Group(nameof(resilience.CircuitBreaker), group => ReadBreaker(group, resilience.CircuitBreaker ??= new()))
        .Group(nameof(resilience.OutlierEjection), group => ReadEjection(group, resilience.OutlierEjection ??= new()))
        .Group(nameof(resilience.Retry), group => ReadRetry(group, resilience.Retry ??= new()))
        .Group(nameof(resilience.Hedging), group => ReadHedging(group, resilience.Hedging ??= new()));

    private static void ReadConnectRetry(OptionSection section, ThriftConnectRetryOptions retry) => section
        .Read<int>(nameof(retry.MaxAttempts), value => retry.MaxAttempts = value)
        .ReadTime(nameof(retry.Delay), value => retry.Delay = value)
        .ReadTime(nameof(retry.MaxDelay), value => retry.MaxDelay = value)
        .Read<double>(nameof(retry.Budget), value => retry.Budget = value);

    private static void ReadRetry(OptionSection section, ThriftRetryOptions retry) => section
        .Read<int>(nameof(retry.MaxRetries), value => retry.MaxRetries = value)
        .ReadTime(nameof(retry.Delay), value => retry.Delay = value)
        .ReadTime(nameof(retry.MaxDelay), value => retry.MaxDelay = value)
        .ReadTime(nameof(retry.AttemptTimeout), value => retry.AttemptTimeout = value)
        .Read<double>(nameof(retry.Budget), value => retry.Budget = value);

    private static void ReadHedging(OptionSection section, ThriftHedgingOptions hedging) => section
        .ReadTime(nameof(hedging.Delay), value => hedging.Delay = value)
        .Read<int>(nameof(hedging.MaxHedges), value => hedging.MaxHedges = value)
        .Read<double>(nameof(hedging.Budget), value => hedging.Budget = value);

    private static void ReadBreaker(OptionSection section, ThriftCircuitBreakerOptions breaker) => ReadBreakerValues(section, breaker)
        .List(nameof(breaker.Overrides), item =>
        {
            string? key = null;
            var own = new ThriftCircuitBreakerOptions();
            ReadBreakerValues(item, own).ReadText("Key", value => key = value);
            breaker.Overrides[key ?? throw item.Missing("Key")] = own;
        });

    private static OptionSection ReadBreakerValues(OptionSection section, ThriftCircuitBreakerOptions breaker) => section
        .Read<bool>(nameof(breaker.IsEnabled), value => breaker.IsEnabled = value)
        .Read<bool>(nameof(breaker.CountCallFailures), value => breaker.CountCallFailures = value)
        .Read<double>(nameof(breaker.FailureRatio), value => breaker.FailureRatio = value)
        .Read<int>(nameof(breaker.MinimumThroughput), value => breaker.MinimumThroughput = value)
        .ReadTime(nameof(breaker.SamplingDuration), value => breaker.SamplingDuration = value)
        .ReadTime(nameof(breaker.BreakDuration), value => breaker.BreakDuration = value);

    private static void ReadEjection(OptionSection section, ThriftOutlierEjectionOptions ejection) => section
        .Read<int>(nameof(ejection.ConsecutiveFailures), value => ejection.ConsecutiveFailures = value)
        .Read<double>(nameof(ejection.LatencyFactor), value => ejection.LatencyFactor = value)
        .ReadTime(nameof(ejection.EjectionTime), value => ejection.EjectionTime = value)
        .Read<double>(nameof(ejection.MaxEjectedShare), value => ejection.MaxEjectedShare = value);

    private static void ReadConnections(OptionSection section, ThriftConnectionOptions connections) => section
        .ReadName<ThriftConnectionMode>(nameof(connections.Mode), value => connections.Mode = value)
        .Read<int>(nameof(connections.MaxPerEndpoint), value => connections.MaxPerEndpoint = value)
        .Read<int>(nameof(connections.MaxPipelinedCalls), value => connections.MaxPipelinedCalls = value)
        .ReadTime(nameof(connections.IdleTimeout), value => connections.IdleTimeout = value);

    private static void ReadGrpc(OptionSection section, ThriftGrpcOptions grpc) => section
        .ReadTime(nameof(grpc.KeepAlivePingDelay), value => grpc.KeepAlivePingDelay = value)
        .ReadTime(nameof(grpc.KeepAlivePingTimeout), value => grpc.KeepAlivePingTimeout = value);

    private static void ReadTTHeader(OptionSection section, ThriftTTHeaderOptions header) => section
        .Read<bool>(nameof(header.SendChecksums), value => header.SendChecksums = value)
        .Group(nameof(header.StreamBuffers), group => group.ReadStreamBuffers(header.StreamBuffers));

    private static void ReadPingPong(OptionSection section, ThriftPingPongOptions pingPong) => section
        .ReadName<ThriftProtocol>(nameof(pingPong.Protocol), value => pingPong.Protocol = value)
        .Read<bool>(nameof(pingPong.StrictBinary), value => pingPong.StrictBinary = value)
        .Read<bool>(nameof(pingPong.SendServiceName), value => pingPong.SendServiceName = value)
        .ReadText(nameof(pingPong.HttpPath), value => pingPong.HttpPath = value);
}
