namespace Rx.ThriftStreams;

/// <summary>The names under which this library reports to OpenTelemetry and similar systems.</summary>
public static class ThriftDiagnostics
{
    /// <summary>The name of the activity source, for <c>AddSource</c>.</summary>
    public const string ActivitySourceName = "Rx.ThriftStreams";

    /// <summary>The name of the meter, for <c>AddMeter</c>.</summary>
    public const string MeterName = "Rx.ThriftStreams";
}
