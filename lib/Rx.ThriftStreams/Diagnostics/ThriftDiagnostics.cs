namespace Rx.ThriftStreams;

/// <summary>The names under which this library reports to OpenTelemetry and the like.</summary>
public static class ThriftDiagnostics
{
    /// <summary>The name of the activity source: give it to <c>AddSource</c>.</summary>
    public const string ActivitySourceName = "Rx.ThriftStreams";

    /// <summary>The name of the meter: give it to <c>AddMeter</c>.</summary>
    public const string MeterName = "Rx.ThriftStreams";
}
