using System.Diagnostics.Metrics;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Rx.ThriftStreams.Diagnostics;

namespace Rx.ThriftStreams.Tests.Docs;

/// <summary>The metrics of the library by the names that an OTLP receiver of Prometheus gives them.</summary>
internal static partial class PrometheusMetrics
{
    /// <summary>The labels that the tags of the metrics and of their resource become, and those of Prometheus itself.</summary>
    internal static readonly string[] Labels =
    [
        "__name__", "job", "le", "rpc_method", "rpc_response_status_code", "error_type", "thriftstreams_overflow", "thriftstreams_refusal",
        "thriftstreams_circuit_breaker_scope", "thriftstreams_circuit_breaker_key", "thriftstreams_circuit_breaker_state",
        "thriftstreams_target", "thriftstreams_endpoint_state", "thriftstreams_ejection_cause", "thriftstreams_calls_failed", "thriftstreams_client_name",
        "thriftstreams_attempt_kind", "thriftstreams_error_source",
    ];

    /// <summary>As the conversion of OpenTelemetry's specification makes them: dots become underscores, the unit and <c>_total</c> are appended, annotations such as {call} are not.</summary>
    internal static HashSet<string> Names => [.. Instruments().SelectMany(static instrument => IsHistogram(instrument)
        ? new[] { "_bucket", "_count", "_sum" }.Select(suffix => BaseName(instrument) + suffix)
        : [BaseName(instrument)])];

    internal static string BaseName(Instrument instrument)
    {
        var unit = instrument.Unit switch
        {
            "s" => "_seconds",
            "By" => "_bytes",
            { } annotation when annotation.StartsWith('{') => string.Empty,
            var other => throw new InvalidOperationException($"{instrument.Name} has the unit \"{other}\", which this test does not know."),
        };
        var total = instrument.GetType().GetGenericTypeDefinition() == typeof(Counter<>) ? "_total" : string.Empty;
        return instrument.Name.Replace('.', '_') + unit + total;
    }

    internal static List<Instrument> Instruments()
    {
        // An instrument exists from the first use of the class that has it.
        const BindingFlags Static = BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic;
        foreach (var owner in typeof(ThriftTelemetry).Assembly.GetTypes().Where(static type => type.GetFields(Static).Any(static field => typeof(Instrument).IsAssignableFrom(field.FieldType))))
        {
            RuntimeHelpers.RunClassConstructor(owner.TypeHandle);
        }

        var instruments = new List<Instrument>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, _) =>
        {
            if (instrument.Meter.Name == ThriftDiagnostics.MeterName)
            {
                instruments.Add(instrument);
            }
        };
        listener.Start();
        Assert.NotEmpty(instruments);
        return instruments;
    }

    /// <summary>The metrics that an expression names.</summary>
    internal static IEnumerable<string> UsedBy(string expression) => Metric().Matches(expression).Select(static m => m.Value).Where(static name => !Labels.Contains(name));

    /// <summary>The labels that an expression names.</summary>
    internal static IEnumerable<string> LabelsUsedBy(string expression) => Label().Matches(expression).Select(static m => m.Groups["label"].Value);

    private static bool IsHistogram(Instrument instrument) => instrument.GetType().GetGenericTypeDefinition() == typeof(Histogram<>);

    [GeneratedRegex(@"\b(rpc|thriftstreams)_\w+")]
    private static partial Regex Metric();

    [GeneratedRegex(@"[{,]\s*(?<label>\w+)\s*(=~|!=|=)|(by \(|, )(?<label>\w+)(?=[,)])")]
    private static partial Regex Label();
}
