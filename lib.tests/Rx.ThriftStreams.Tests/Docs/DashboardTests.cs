using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using Rx.ThriftStreams.Compiler.Tests;
using Rx.ThriftStreams.Diagnostics;
using Rx.ThriftStreams.Reactive;

namespace Rx.ThriftStreams.Tests.Docs;

/// <summary>The dashboard asks for metrics that exist, by the names that an OTLP receiver of Prometheus gives them.</summary>
public sealed partial class DashboardTests
{
    private static readonly string[] Labels =
    [
        "job", "le", "rpc_method", "rpc_response_status_code", "error_type", "thriftstreams_overflow", "thriftstreams_refusal",
        "thriftstreams_circuit_breaker_scope", "thriftstreams_circuit_breaker_key", "thriftstreams_circuit_breaker_state",
    ];

    [Fact]
    public async Task Dashboard_EachMetric_IsOneOfTheMeters()
    {
        var published = PrometheusNames();
        var used = (await ExpressionsAsync()).SelectMany(static expression => Metric().Matches(expression).Select(static m => m.Value)).Where(static name => !Labels.Contains(name)).ToHashSet();

        Assert.Empty(used.Except(published));
        Assert.True(used.Count > 20);
    }

    [Fact]
    public async Task Dashboard_EachInstrument_IsShown()
    {
        var expressions = string.Join('\n', await ExpressionsAsync());

        // These two are for detailed questions: they say of calls that have ended what the rates of messages say of all.
        var left = Instruments().Where(i => !expressions.Contains(BaseName(i), StringComparison.Ordinal)).Select(static i => i.Name);
        Assert.All(left, static name => Assert.Matches(@"^(thriftstreams\.(client|server)\.call\.(requests|responses)|rpc\.client\.(request|response)\.size)$", name));
    }

    [Fact]
    public async Task Dashboard_EachLabel_IsATagOfTheMetrics()
    {
        foreach (var expression in await ExpressionsAsync())
        {
            foreach (Match label in Label().Matches(expression))
            {
                Assert.Contains(label.Groups["label"].Value, Labels);
            }
        }
    }

    /// <summary>As the conversion of OpenTelemetry's specification makes them: dots become underscores, the unit and <c>_total</c> are appended, annotations such as {call} are not.</summary>
    private static HashSet<string> PrometheusNames() => [.. Instruments().SelectMany(static instrument => IsHistogram(instrument)
        ? new[] { "_bucket", "_count", "_sum" }.Select(suffix => BaseName(instrument) + suffix)
        : [BaseName(instrument)])];

    private static string BaseName(Instrument instrument)
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

    private static bool IsHistogram(Instrument instrument) => instrument.GetType().GetGenericTypeDefinition() == typeof(Histogram<>);

    private static List<Instrument> Instruments()
    {
        RuntimeHelpers.RunClassConstructor(typeof(ThriftTelemetry).TypeHandle);
        RuntimeHelpers.RunClassConstructor(typeof(OverflowMeter).TypeHandle);
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

    private static async Task<List<string>> ExpressionsAsync()
    {
        await using var file = File.OpenRead(Path.Combine(Repository.Root, "docs", "grafana", "thriftstreams.json"));
        using var dashboard = await JsonDocument.ParseAsync(file);
        return
        [
            .. dashboard.RootElement.GetProperty("panels").EnumerateArray().SelectMany(static panel => panel.GetProperty("targets").EnumerateArray()).Select(static target => target.GetProperty("expr").GetString()!),
            .. dashboard.RootElement.GetProperty("templating").GetProperty("list").EnumerateArray().Select(static variable => variable.GetProperty("query")).Where(static query => query.ValueKind == JsonValueKind.Object).Select(static query => query.GetProperty("query").GetString()!),
        ];
    }

    [GeneratedRegex(@"\b(rpc|thriftstreams)_\w+")]
    private static partial Regex Metric();

    [GeneratedRegex(@"[{,]\s*(?<label>\w+)\s*(=~|!=|=)|(by \(|, )(?<label>\w+)(?=[,)])")]
    private static partial Regex Label();
}
