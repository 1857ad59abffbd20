using System.Text.RegularExpressions;
using Rx.ThriftStreams.Compiler.Tests;

namespace Rx.ThriftStreams.Tests.Docs;

/// <summary>docs/troubleshooting.md has a cause and a fix for each diagnostic of the compiler.</summary>
public sealed partial class TroubleshootingTests
{
    [Fact]
    public async Task Page_EachDiagnostic_HasARow()
    {
        // Another test compares that page with the compiler's own catalogue.
        var catalogue = Diagnostic().Matches(await ReadAsync("diagnostics.md")).Select(static m => m.Groups["id"].Value);

        Assert.Equal(catalogue, Row().Matches(await ReadAsync("troubleshooting.md")).Select(static m => m.Groups["name"].Value).Where(static name => name.StartsWith("TS", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Page_EachRow_HasACauseAndAFix()
    {
        foreach (Match row in Row().Matches(await ReadAsync("troubleshooting.md")))
        {
            Assert.All(row.Groups["rest"].Value.TrimEnd('|').Split(" | "), static cell => Assert.True(cell.Trim(' ', '|').Length > 5));
        }
    }

    private static Task<string> ReadAsync(string page) => File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", page), TestContext.Current.CancellationToken);

    [GeneratedRegex(@"^\| (?<id>TS\d{4}) \|", RegexOptions.Multiline)]
    private static partial Regex Diagnostic();

    [GeneratedRegex(@"^\| \[?`(?<name>\w+)`(\]\([^)]*\))? \| (?<rest>.*\|)$", RegexOptions.Multiline)]
    private static partial Regex Row();
}
