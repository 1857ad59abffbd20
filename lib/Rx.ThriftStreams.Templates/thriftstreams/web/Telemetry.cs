using System.Diagnostics;
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
        OpenTelemetryBuilder telemetry = builder.Services.AddOpenTelemetry()
            .WithMetrics(static metrics => metrics.AddMeter(ThriftDiagnostics.MeterName).AddAspNetCoreInstrumentation())
            .WithTracing(static tracing => tracing.AddSource(ThriftDiagnostics.ActivitySourceName).AddAspNetCoreInstrumentation(static options => options.Filter = IsNotAThriftCall));
        if (!string.IsNullOrWhiteSpace(builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]))
        {
            telemetry.UseOtlpExporter();
        }
    }

    // A Thrift call over gRPC has a span of Rx.ThriftStreams. Without a current activity, the parent of that span is the span of the caller.
    private static bool IsNotAThriftCall(HttpContext http)
    {
        if (http.Request.ContentType != "application/grpc+thrift")
        {
            return true;
        }

        Activity.Current = null;
        return false;
    }
}
