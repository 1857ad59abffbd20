using System.Text;
using Rx.ThriftStreams.Tests.Recordings;

namespace Rx.ThriftStreams.Tests.Conformance;

/// <summary>The table of verdicts in the documentation.</summary>
public sealed class ConformanceTableTests(ConformanceFixture conformance) : IClassFixture<ConformanceFixture>
{
    /// <summary>Set it to 1 to have the table written anew.</summary>
    private const string WriteVariable = "RX_THRIFTSTREAMS_WRITE_TABLES";

    private const string Introduction =
        """
        # Interoperability

        Every recorded call between a Kitex v0.16.3 client and server, compared with this library. The tests write the table
        (`RX_THRIFTSTREAMS_WRITE_TABLES=1 dotnet run --project lib.tests/Rx.ThriftStreams.Tests -- --filter-class '*ConformanceTableTests'`) and verify it.

        **Server**: this library's server receives the frames of the recorded client, each as soon as the server has sent what the recorded client waited for, and must
        answer equivalently: headers and trailers compared as sets, messages decoded, in order.
        **Client**: this library's client talks to a script that replays the recorded server, and the interop program must print what the recorded client printed.

        Not compared: `date` and `content-length`; window updates, pings and how messages are cut into frames; times; the names of Go's error types;
        `:authority`, `content-type` and `user-agent`, which handlers and callers do not see as headers; the numbers and texts of the client's own time limits
        (`TIMEOUT kind=…` here); headers that carry a business error, which appear as the error.


        """;

    [Fact]
    public async Task Table_OfTheDocumentation_IsWhatTheRecordingsGive()
    {
        var table = await DescribeAsync();
        var file = Path.Combine(RepositoryRoot(), "docs", "interop.md");
        if (Environment.GetEnvironmentVariable(WriteVariable) == "1")
        {
            await File.WriteAllTextAsync(file, table, TestContext.Current.CancellationToken);
        }

        Assert.Equal(table, (await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken)).ReplaceLineEndings("\n"));
    }

    private async Task<string> DescribeAsync()
    {
        var text = new StringBuilder(Introduction.ReplaceLineEndings("\n"));
        var rows = new List<(Verdict Server, Verdict Client)>();
        foreach (var recording in Recording.All)
        {
            rows.Add((await conformance.ServerAsync(recording.Name), await conformance.ClientAsync(recording.Name)));
        }

        List<string> reasons = [.. rows.SelectMany(row => new[] { row.Server, row.Client }).Where(verdict => verdict.Kind != VerdictKind.Same).Select(verdict => verdict.Detail).Distinct()];
        text.Append("| side | same | deviates | not compared | differs |\n|---|---|---|---|---|\n");
        AppendCounts(text, "server", rows.Select(row => row.Server));
        AppendCounts(text, "client", rows.Select(row => row.Client));
        text.Append("\n| recording | server | client |\n|---|---|---|\n");
        foreach (var (server, client) in rows)
        {
            text.Append($"| `{server.Name}` | {Describe(server, reasons)} | {Describe(client, reasons)} |\n");
        }

        text.Append("\n## Reasons\n\n");
        for (var i = 0; i < reasons.Count; i++)
        {
            text.Append($"{i + 1}. {reasons[i]}\n");
        }

        return text.ToString();
    }

    private static void AppendCounts(StringBuilder text, string side, IEnumerable<Verdict> verdicts)
    {
        var kinds = verdicts.CountBy(verdict => verdict.Kind).ToDictionary();
        text.Append($"| {side} | {string.Join(" | ", Enum.GetValues<VerdictKind>().Select(kind => kinds.GetValueOrDefault(kind)))} |\n");
    }

    private static string Describe(Verdict verdict, List<string> reasons) => verdict.Kind switch
    {
        VerdictKind.Same => "same",
        VerdictKind.Deviates => $"deviates ({reasons.IndexOf(verdict.Detail) + 1})",
        VerdictKind.NotCompared => $"– ({reasons.IndexOf(verdict.Detail) + 1})",
        _ => $"**differs** ({reasons.IndexOf(verdict.Detail) + 1})",
    };

    private static string RepositoryRoot()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory!.FullName, "Rx.ThriftStreams.sln")))
        {
            directory = directory.Parent;
        }

        return directory.FullName;
    }
}
