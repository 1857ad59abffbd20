using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams.AspNetCore;

/// <summary>The options that a section of the configuration can set: those that text can express, with the names of the properties.</summary>
internal static class ServerConfiguration
{
    internal static void Read(IConfigurationSection section, ThriftServerOptions options) => Open<ThriftServerOptions>(section, "a Thrift server")
        .Read<bool>(nameof(options.RevealErrors), value => options.RevealErrors = value)
        .ReadTime(nameof(options.ShutdownTimeout), value => options.ShutdownTimeout = value)
        .ReadTime(nameof(options.ShutdownNotice), value => options.ShutdownNotice = value)
        .ReadText(nameof(options.HttpProbePath), value => options.HttpProbePath = value)
        .Group(nameof(options.Limits), group => ReadLimits(group, options.Limits))
        .Group(nameof(options.LoadShedding), group => ReadShedding(group, options.LoadShedding ??= new()))
        .Group(nameof(options.Grpc), group => ReadGrpc(group, options.Grpc))
        .Group(nameof(options.TTHeader), group => group.Group(nameof(options.TTHeader.StreamBuffers), buffers => buffers.ReadStreamBuffers(options.TTHeader.StreamBuffers)))
        .Group(nameof(options.PingPong), group => ReadPingPong(group, options.PingPong))
        .Group(nameof(options.Telemetry), group => group.ReadTelemetry(options.Telemetry))
        .ThrowIfUnknown();

    internal static void Read(IConfigurationSection section, ThriftTrafficLimits limits) => ReadCalls(Open<ThriftTrafficLimits>(section, "the traffic limits of a Thrift server"), limits)
        .Read<int>(nameof(limits.Connections), value => limits.Connections = value)
        .Named(nameof(limits.Services), (name, group) =>
        {
            var own = new ThriftCallLimits();
            ReadCalls(group, own);
            limits.Services[name] = own;
        })
        .ThrowIfUnknown();

    private static OptionSection Open<TOptions>(IConfigurationSection section, string owner)
        => new OptionSection(section, owner, static message => new OptionsValidationException(string.Empty, typeof(TOptions), [message])).ThrowIfMissing("the Thrift server");

    private static OptionSection ReadCalls(OptionSection section, ThriftCallLimits limits) => section
        .Read<int>(nameof(limits.CallsPerSecond), value => limits.CallsPerSecond = value)
        .Read<int>(nameof(limits.ConcurrentCalls), value => limits.ConcurrentCalls = value)
        .Read<int>(nameof(limits.MessagesPerSecond), value => limits.MessagesPerSecond = value);

    private static void ReadLimits(OptionSection section, ThriftServerLimits limits) => section.ReadMessageLimits(limits)
        .Read<long>(nameof(limits.MaxTotalMemory), value => limits.MaxTotalMemory = value)
        .Read<long>(nameof(limits.MaxLargeBlockMemory), value => limits.MaxLargeBlockMemory = value)
        .Read<int>(nameof(limits.MaxStreamsPerConnection), value => limits.MaxStreamsPerConnection = value)
        .Read<int>(nameof(limits.MaxResetsPerSecond), value => limits.MaxResetsPerSecond = value)
        .ReadTime(nameof(limits.FrameTimeout), value => limits.FrameTimeout = value)
        .ReadTime(nameof(limits.WriteTimeout), value => limits.WriteTimeout = value)
        .ReadTime(nameof(limits.ConnectionIdleTimeout), value => limits.ConnectionIdleTimeout = value)
        .ReadTime(nameof(limits.MaxConnectionAge), value => limits.MaxConnectionAge = value)
        .ReadTime(nameof(limits.MaxConnectionAgeGrace), value => limits.MaxConnectionAgeGrace = value)
        .ReadTime(nameof(limits.DetectionTimeout), value => limits.DetectionTimeout = value)
        .ReadTime(nameof(limits.ReceiveTimeout), value => limits.ReceiveTimeout = value)
        .ReadTime(nameof(limits.SendTimeout), value => limits.SendTimeout = value)
        .ReadTime(nameof(limits.MaxStreamDuration), value => limits.MaxStreamDuration = value)
        .ReadTime(nameof(limits.ExpiredCredentialsGrace), value => limits.ExpiredCredentialsGrace = value);

    private static void ReadShedding(OptionSection section, ThriftLoadSheddingOptions shedding) => section
        .Read<int>(nameof(shedding.MinConcurrency), value => shedding.MinConcurrency = value)
        .Read<int>(nameof(shedding.InitialConcurrency), value => shedding.InitialConcurrency = value)
        .Read<int>(nameof(shedding.MaxConcurrency), value => shedding.MaxConcurrency = value)
        .Read<double>(nameof(shedding.MaxCpu), value => shedding.MaxCpu = value)
        .ReadTime(nameof(shedding.QueueTimeout), value => shedding.QueueTimeout = value)
        .Read<int>(nameof(shedding.QueueLimit), value => shedding.QueueLimit = value);

    private static void ReadGrpc(OptionSection section, ThriftGrpcServerOptions grpc) => section
        .Read<bool>(nameof(grpc.UseStandardUnimplementedStatus), value => grpc.UseStandardUnimplementedStatus = value)
        .Read<bool>(nameof(grpc.RequirePackage), value => grpc.RequirePackage = value)
        .Read<bool>(nameof(grpc.CompressResponses), value => grpc.CompressResponses = value)
        .ReadTime(nameof(grpc.KeepAlivePingDelay), value => grpc.KeepAlivePingDelay = value)
        .ReadTime(nameof(grpc.KeepAlivePingTimeout), value => grpc.KeepAlivePingTimeout = value)
        .ReadTime(nameof(grpc.MinPingInterval), value => grpc.MinPingInterval = value);

    private static void ReadPingPong(OptionSection section, ThriftPingPongServerOptions pingPong) => section
        .ReadText(nameof(pingPong.FallbackService), value => pingPong.FallbackService = value)
        .Read<bool>(nameof(pingPong.RefuseWithoutServiceName), value => pingPong.RefuseWithoutServiceName = value)
        .Read<bool>(nameof(pingPong.RunHandlersInline), value => pingPong.RunHandlersInline = value);
}
