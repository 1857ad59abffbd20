// <sample service-defaults>
using Microsoft.Extensions.Diagnostics.HealthChecks;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using Rx.ThriftStreams;

namespace Market;

/// <summary>Defaults that all applications of a system share, as in the project "ServiceDefaults" of .NET Aspire.</summary>
internal static class ServiceDefaults
{
    public static void AddServiceDefaults(this WebApplicationBuilder builder)
    {
        builder.Logging.AddOpenTelemetry(logging => logging.IncludeFormattedMessage = true);
        OpenTelemetryBuilder telemetry = builder.Services.AddOpenTelemetry()
            .WithMetrics(metrics => metrics.AddMeter(ThriftDiagnostics.MeterName).AddAspNetCoreInstrumentation().AddRuntimeInstrumentation())
            .WithTracing(tracing => tracing.AddSource(ThriftDiagnostics.ActivitySourceName).AddAspNetCoreInstrumentation(options => options.Filter = static http => !http.TakesThriftSpan()));

        // Aspire, and every other host of OTLP collectors, sets this variable and those about protocol, headers and intervals.
        if (!string.IsNullOrWhiteSpace(builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]))
        {
            telemetry.UseOtlpExporter();
        }

        builder.Services.AddServiceDiscovery();
        builder.Services.AddHealthChecks()
            .AddCheck("self", static () => HealthCheckResult.Healthy(), tags: ["live"])
            .AddThriftClientChecks(failureStatus: HealthStatus.Degraded);
    }

    public static void MapDefaultEndpoints(this WebApplication app)
    {
        app.MapHealthChecks("/health");
        app.MapHealthChecks("/alive", new() { Predicate = static check => check.Tags.Contains("live") });
    }
}
// </sample service-defaults>
