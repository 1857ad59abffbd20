using System.Text.Json;
using Rx.ThriftStreams.InteropProgram;
using Rx.ThriftStreams.InteropProgram.Bench;
using Rx.ThriftStreams.InteropProgram.Client;
using Rx.ThriftStreams.InteropProgram.Server;

namespace Rx.ThriftStreams.Tests.Conformance;

/// <summary>The interop program's command <c>bench</c>, and what the command lines refuse.</summary>
public sealed class BenchTests
{
    private static readonly string[] Fields =
    [
        "label", "transport", "case", "conc", "size", "secs", "messages", "msgs_per_s", "mb_per_s", "p50_us", "p99_us", "errors", "client_cpu_s", "alloc_bytes_per_msg",
    ];

    [Theory]
    [InlineData("grpc", "bidi,client,unary", "bidi 2 16|client 2 16|client 2 1000|unary 3 16")]
    [InlineData("ttheader-streaming", "all", "bidi 2 16|server 2 16|server 2 1000|client 2 16|client 2 1000")]
    [InlineData("framed", "all", "unary 3 16")]
    public async Task Bench_CasesByName_OneLineEachWithoutErrors(string transport, string cases, string expected)
    {
        await using var server = await InteropServer.StartAsync("127.0.0.1:0", static _ => { }, logCalls: false);
        var output = new StringWriter();
        var arguments = $"--addr {server.Endpoint} --transport {transport} --case {cases} --streams 2 --sstreams 2 --sizes 16,1000 --conc 3 --secs 0.1 --warmup 0.05";

        var exit = await BenchVerb.RunAsync(Arguments.Parse(arguments.Split(' ')), output).WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);

        List<JsonElement> lines = [.. output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.Equal(0, exit);
        Assert.All(lines, line => Assert.Equal(Fields, line.EnumerateObject().Select(field => field.Name)));
        Assert.All(lines, line => Assert.Equal(0, line.GetProperty("errors").GetInt64()));
        Assert.Equal(expected.Split('|'), lines.Select(line => $"{line.GetProperty("case")} {line.GetProperty("conc")} {line.GetProperty("size")}"));
    }

    [Fact]
    public async Task Bench_CaseThatThereIsNot_IsWrongUsage()
        => await Assert.ThrowsAsync<UsageException>(() => BenchVerb.RunAsync(Arguments.Parse(["--case", "bidi,duplex"]), TextWriter.Null));

    [Fact]
    public void Client_BalanceThatThereIsNot_IsWrongUsage()
    {
        Assert.NotNull(ClientOptions.From(Arguments.Parse(["--method", "Echo", "--balance", "round-robin"])));
        Assert.Contains("\"alias\"", Assert.Throws<UsageException>(() => ClientOptions.From(Arguments.Parse(["--method", "Echo", "--balance", "alias"]))).Message, StringComparison.Ordinal);
    }
}
