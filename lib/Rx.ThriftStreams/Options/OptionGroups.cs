namespace Rx.ThriftStreams.Options;

/// <summary>The groups of options that channels and servers have alike, as sections of the configuration.</summary>
internal static class OptionGroups
{
    internal static OptionSection ReadMessageLimits(this OptionSection section, ThriftLimits limits) => section
        .Read<int>(nameof(limits.MaxReceiveMessageSize), value => limits.MaxReceiveMessageSize = value)
        .Read<long>(nameof(limits.MaxReceiveMessageMemory), value => limits.MaxReceiveMessageMemory = value)
        .Read<int>(nameof(limits.MaxDecompressionRatio), value => limits.MaxDecompressionRatio = value)
        .Read<long>(nameof(limits.MaxConnectionMemory), value => limits.MaxConnectionMemory = value);

    internal static void ReadStreamBuffers(this OptionSection section, ThriftStreamBufferOptions buffers) => section
        .Read<int>(nameof(buffers.StreamBytes), value => buffers.StreamBytes = value)
        .ReadName<ThriftFullBufferPolicy>(nameof(buffers.WhenFull), value => buffers.WhenFull = value)
        .Read<bool>(nameof(buffers.OfferFlowControl), value => buffers.OfferFlowControl = value);

    internal static void ReadTelemetry(this OptionSection section, ThriftTelemetryOptions telemetry) => section
        .ReadTime(nameof(telemetry.PauseThreshold), value => telemetry.PauseThreshold = value)
        .ReadTime(nameof(telemetry.SpanInterval), value => telemetry.SpanInterval = value);
}
