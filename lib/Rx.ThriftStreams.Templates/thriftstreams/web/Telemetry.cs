using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using Rx.ThriftStreams;

namespace ThriftApp._1;

internal static class Telemetry
{
    /// <summary>Traces, metrics and logs; exported where <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> names a collector.</summary>
    public static void AddTelemetry(this WebApplicationBuilder builder)
    {
        builder.Logging.AddOpenTelemetry(static logging => logging.IncludeFormattedMessage = true);

        // A Thrift call has a span of Rx.ThriftStreams instead of ASP.NET Core's.
        OpenTelemetryBuilder telemetry = builder.Services.AddOpenTelemetry()
            .WithMetrics(static metrics => metrics.AddMeter(ThriftDiagnostics.MeterName).AddAspNetCoreInstrumentation())
            .WithTracing(static tracing => tracing.AddSource(ThriftDiagnostics.ActivitySourceName).AddAspNetCoreInstrumentation(static options => options.Filter = static http => !http.TakesThriftSpan()));
        if (!string.IsNullOrWhiteSpace(builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]))
        {
            telemetry.UseOtlpExporter();
        }
    }
}
