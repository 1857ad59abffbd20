using System.Diagnostics.Metrics;
using System.Reflection;

namespace Rx.ThriftStreams.Options;

/// <summary>The meter of the process, and what names its version.</summary>
internal static class LibraryMeter
{
    /// <summary>The version of OpenTelemetry's conventions whose names this library uses.</summary>
    internal const string Schema = "https://opentelemetry.io/schemas/1.45.0";

    /// <summary>The version of the package, without the commit.</summary>
    internal static readonly string Version = typeof(LibraryMeter).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    internal static readonly Meter Meter = new(new MeterOptions(ThriftDiagnostics.MeterName) { Version = Version, TelemetrySchemaUrl = Schema });
}
