using System.Diagnostics;
using System.Text.RegularExpressions;
using Rx.ThriftStreams.Compiler.Tests;
using YamlDotNet.RepresentationModel;

namespace Rx.ThriftStreams.Tests.Docs;

/// <summary>The alert rules ask for metrics that exist, are those that the documentation lists, and fire when they should.</summary>
public sealed partial class AlertTests
{
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;

    private static string Folder => Path.Combine(Repository.Root, "docs", "prometheus");

    [Fact]
    public async Task Rules_EachMetric_IsOneOfTheMeters()
    {
        var expressions = (await RulesAsync()).Select(static rule => Text(rule, "expr")).ToList();
        var used = expressions.SelectMany(PrometheusMetrics.UsedBy).ToHashSet();

        Assert.Empty(used.Except(PrometheusMetrics.Names));
        Assert.True(used.Count > 15);
        Assert.All(expressions.SelectMany(PrometheusMetrics.LabelsUsedBy), static label => Assert.Contains(label, PrometheusMetrics.Labels));
    }

    /// <summary>A quantile is never above the last boundary of its histogram.</summary>
    [Fact]
    public async Task Rules_ThresholdsOfQuantiles_CanBeExceeded()
    {
        var quantiles = (await RulesAsync()).Select(static rule => Text(rule, "expr")).Where(static expression => expression.StartsWith("histogram_quantile", StringComparison.Ordinal)).ToList();

        Assert.NotEmpty(quantiles);
        Assert.All(quantiles, static expression => Assert.InRange(int.Parse(expression[(expression.LastIndexOf('>') + 1)..], System.Globalization.CultureInfo.InvariantCulture), 0, 9));
    }

    /// <summary>A failure is visible in a range for as long as the range. An alert that waits no longer fires after the failure, and not because of its duration.</summary>
    [Fact]
    public async Task Rules_ThatWait_WaitLongerThanTheirShortestRange()
    {
        var checkedRules = 0;
        foreach (var rule in await RulesAsync())
        {
            var ranges = Range().Matches(Text(rule, "expr")).Select(static range => Minutes(range.Groups["minutes"].Value)).ToList();
            var wait = Minutes(Text(rule, "for")[..^1]);
            if (wait > 0 && ranges.Count > 0)
            {
                Assert.True(wait > ranges.Min(), $"{Text(rule, "alert")} waits {wait} min, and sees a failure for {ranges.Min()} min.");
                checkedRules++;
            }
        }

        Assert.True(checkedRules > 8);
        static int Minutes(string text) => int.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
    }

    [Fact]
    public async Task Rules_AreTheTableOfThePage()
    {
        var page = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "events.md"), Token);
        var rows = Row().Matches(page).Select(static row => (row.Groups["alert"].Value, row.Groups["severity"].Value, row.Groups["for"].Value));

        Assert.Equal((await RulesAsync()).Select(static rule => (Text(rule, "alert"), Text(rule["labels"], "severity"), Text(rule, "for"))), rows);
    }

    [Fact]
    public async Task Rules_EachLabelInATextIsOneThatTheExpressionKeeps()
    {
        foreach (var rule in await RulesAsync())
        {
            var expression = Text(rule, "expr");
            foreach (Match label in LabelInText().Matches(Text(rule["annotations"], "summary")))
            {
                Assert.Matches($@"by \([^)]*\b{label.Groups["label"].Value}\b", expression);
            }

            Assert.NotEmpty(Text(rule["annotations"], "description"));
        }
    }

    [Fact]
    public async Task Tests_OfEachAlert_LetItFireAndNotFire()
    {
        var cases = Sequence(await LoadAsync("thriftstreams-rules.test.yml"), "tests").SelectMany(static test => Sequence(test, "alert_rule_test")).ToList();

        foreach (var alert in (await RulesAsync()).Select(static rule => Text(rule, "alert")))
        {
            var own = cases.Where(test => Text(test, "alertname") == alert).Select(static test => Sequence(test, "exp_alerts").Any()).ToHashSet();
            Assert.True(own.SetEquals([true, false]), $"{alert} has no case in which it fires, or none in which it does not.");
        }
    }

    [Theory]
    [InlineData("check", "thriftstreams-rules.yml")]
    [InlineData("test", "thriftstreams-rules.test.yml")]
    public async Task Promtool_AcceptsTheRulesAndTheirTests(string command, string file)
    {
        var promtool = (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(Path.PathSeparator).Select(static folder => Path.Combine(folder, "promtool")).FirstOrDefault(File.Exists);
        if (promtool is null)
        {
            const string Missing = "promtool is missing: it is in the Debian package prometheus.";
            Assert.SkipWhen(Environment.GetEnvironmentVariable("RX_REQUIRE_PROMTOOL") is null, Missing);
            throw new InvalidOperationException(Missing);
        }

        using var process = Process.Start(new ProcessStartInfo(promtool, [command, "rules", Path.Combine(Folder, file)]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = process.StandardOutput.ReadToEndAsync(Token);
        var errors = process.StandardError.ReadToEndAsync(Token);
        await process.WaitForExitAsync(Token).Soon();

        Assert.True(process.ExitCode == 0, await output + await errors);
        Assert.Contains("SUCCESS", await output, StringComparison.Ordinal);
    }

    private static async Task<List<YamlNode>> RulesAsync()
        => [.. Sequence(await LoadAsync("thriftstreams-rules.yml"), "groups").SelectMany(static group => Sequence(group, "rules"))];

    private static async Task<YamlNode> LoadAsync(string file)
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(await File.ReadAllTextAsync(Path.Combine(Folder, file), Token)));
        return yaml.Documents.Single().RootNode;
    }

    private static IEnumerable<YamlNode> Sequence(YamlNode node, string key) => ((YamlSequenceNode)node[key]).Children;

    private static string Text(YamlNode node, string key) => ((YamlScalarNode)node[key]).Value!;

    [GeneratedRegex(@"^\| `(?<alert>Thrift\w+)` \| (?<severity>critical|warning) \| (?<for>\w+) \|", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex(@"\[(?<minutes>\d+)m\]")]
    private static partial Regex Range();

    [GeneratedRegex(@"\$labels\.(?<label>\w+)")]
    private static partial Regex LabelInText();
}
