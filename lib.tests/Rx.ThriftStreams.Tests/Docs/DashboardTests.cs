using System.Text.Json;
using Rx.ThriftStreams.Compiler.Tests;

namespace Rx.ThriftStreams.Tests.Docs;

/// <summary>The dashboard asks for metrics that exist, by the names that an OTLP receiver of Prometheus gives them.</summary>
public sealed class DashboardTests
{
    [Fact]
    public async Task Dashboard_EachMetric_IsOneOfTheMeters()
    {
        var used = (await ExpressionsAsync()).SelectMany(PrometheusMetrics.UsedBy).ToHashSet();

        Assert.Empty(used.Except(PrometheusMetrics.Names));
        Assert.True(used.Count > 20);
    }

    [Fact]
    public async Task Dashboard_EachInstrument_IsShown()
    {
        var expressions = string.Join('\n', await ExpressionsAsync());

        // These two are for detailed questions: they say of calls that have ended what the rates of messages say of all.
        var left = PrometheusMetrics.Instruments().Where(i => !expressions.Contains(PrometheusMetrics.BaseName(i), StringComparison.Ordinal)).Select(static i => i.Name);
        Assert.All(left, static name => Assert.Matches(@"^(thriftstreams\.(client|server)\.call\.(requests|responses)|rpc\.client\.(request|response)\.size)$", name));
    }

    [Fact]
    public async Task Dashboard_EachLabel_IsATagOfTheMetrics()
    {
        Assert.All((await ExpressionsAsync()).SelectMany(PrometheusMetrics.LabelsUsedBy), static label => Assert.Contains(label, PrometheusMetrics.Labels));
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
}
