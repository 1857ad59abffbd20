using System.Text.Json;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.Dynamic;
using Rx.ThriftStreams.Tests.Dynamic;
using Rx.ThriftStreams.Tool;

namespace Rx.ThriftStreams.Compiler.Tests;

/// <summary><c>thriftstreams bench</c> against a server of our own.</summary>
public sealed class BenchCommandTests : IAsyncLifetime
{
    private ThriftServer _server = null!;

    public async ValueTask InitializeAsync()
        => _server = await ThriftServer.StartAsync("127.0.0.1:0", static setup => setup.AddService(Shop.Schema.Descriptor, new Shop()).AddDescribe());

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory]
    [InlineData("grpc", "Shop/Get", "\"pen {{counter}}\"", 1, 1)]
    [InlineData("ttheader", "Shop/Get", "\"pen\"", 1, 1)]
    [InlineData("ttheader", "Shop/Una", """{"name":"{{uuid}}"}""", 1, 1)]
    [InlineData("grpc", "Shop/Down", "{}", 1, 3)]
    [InlineData("ttheader", "Shop/Down", "{}", 1, 3)]
    [InlineData("grpc", "Shop/Up", """{"name":"a"}""", 5, 1)]
    [InlineData("ttheader", "Shop/Up", """{"name":"a"}""", 5, 1)]
    [InlineData("grpc", "Shop/Both", """{"name":"{{text:10}}","count":{{random:1:9}}}""", 5, 5)]
    [InlineData("ttheader", "Shop/Both", """{"name":"a"}""", 5, 5)]
    public void Bench_OfEveryKind_CountsCallsAndMessages(string scheme, string method, string data, int sent, int received)
    {
        var (code, output, error) = Bench(scheme, method, "-d", data, "-n", "5", "-c", "3", "--connections", "2", "--json", "--quiet");

        Assert.Equal((0, ""), (code, error));
        var result = JsonDocument.Parse(output).RootElement.GetProperty("result");
        var calls = result.GetProperty("calls").GetInt64();
        Assert.True(calls >= 3);
        Assert.Equal((calls * sent, calls * received), (result.GetProperty("sent").GetInt64(), result.GetProperty("received").GetInt64()));
        Assert.True(result.GetProperty("sent_bytes").GetInt64() >= calls);
    }

    [Fact]
    public void Bench_Json_HasTheDocumentedMembers()
    {
        var (code, output, _) = Bench("grpc", "Shop/Get", "-d", "\"\"", "--rate", "50", "--json", "--quiet");

        // The method declares an exception for this request: every call fails, and there are no latencies.
        Assert.Equal(1, code);
        var root = JsonDocument.Parse(output).RootElement;
        Assert.Equal(["address", "method", "mode", "concurrency", "connections", "rate", "corrected_for_coordinated_omission", "result"], Names(root));
        Assert.True(root.GetProperty("corrected_for_coordinated_omission").GetBoolean());
        var result = root.GetProperty("result");
        Assert.Equal(
            ["seconds", "calls", "calls_per_second", "sent", "received", "messages_per_second", "sent_bytes", "received_bytes", "errors", "latency_microseconds", "histogram"],
            Names(result));
        Assert.Equal(result.GetProperty("calls").GetInt64(), result.GetProperty("errors").GetProperty("Refused").GetInt64());
        Assert.Equal(JsonValueKind.Null, result.GetProperty("latency_microseconds").ValueKind);

        var (_, successful, _) = Bench("grpc", "Shop/Get", "-d", "\"pen\"", "--json", "--quiet");
        var latencies = JsonDocument.Parse(successful).RootElement.GetProperty("result");
        Assert.Equal(["min", "mean", "p50", "p75", "p90", "p95", "p99", "p99_9", "p99_99", "max"], Names(latencies.GetProperty("latency_microseconds")));
        Assert.All(latencies.GetProperty("histogram").EnumerateArray(), static bucket => Assert.Equal(["up_to", "count"], Names(bucket)));
        Assert.Equal(latencies.GetProperty("calls").GetInt64(), latencies.GetProperty("histogram").EnumerateArray().Sum(static bucket => bucket.GetProperty("count").GetInt64()));
    }

    [Fact]
    public void Bench_WithoutATerminal_PrintsPlainText()
    {
        var (code, output, _) = Bench("grpc", "Shop/Get", "-d", "\"pen\"");

        Assert.Equal(0, code);
        Assert.StartsWith("calls ", output, StringComparison.Ordinal);
        Assert.Contains("\np99.9 ", output, StringComparison.Ordinal);
        Assert.DoesNotContain('\e', output);
    }

    [Theory]
    [InlineData("--concurrency", "0")]
    [InlineData("--connections", "11")]
    [InlineData("--rate", "-1")]
    [InlineData("--messages", "0")]
    [InlineData("--duration", "5")]
    [InlineData("--data", "{{unknown}}")]
    [InlineData("--data", "{{random:5}}")]
    [InlineData("--data", "{")]
    public void Bench_WrongUsage_IsTwo(string option, string value)
    {
        var (code, output, error) = ToolRun.Run(["bench", $"grpc://{_server.Endpoint}", "Shop/Put", option, value, .. option == "--data" ? Array.Empty<string>() : ["-d", "{}"]]);

        Assert.Equal((2, ""), (code, output));
        Assert.StartsWith("error: ", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bench_ServerThatIsNotThere_IsThree()
    {
        var address = $"grpc://{_server.Endpoint}";
        await _server.DisposeAsync();
        using var tool = new ToolRun();
        var idl = tool.Write("shop.thrift", "namespace go shop " + Shop.Schema.Idl);

        var (code, output, _) = ToolRun.Run("bench", address, "Shop/Add", "--idl", idl, "-d", """{"a":1}""", "-t", "200ms", "--warm-up", "0s", "--json", "--quiet");

        Assert.Equal(3, code);
        Assert.True(JsonDocument.Parse(output).RootElement.GetProperty("result").GetProperty("errors").GetProperty("Unavailable").GetInt64() > 0);
    }

    [Fact]
    public void Template_Placeholders_AreReplacedForEachMessage()
    {
        var template = MessageTemplate.Parse(Shop.Schema.GetMethod("Both").Request, """{"name":"{{counter}}/{{text:3}}/{{uuid}}","count":{{random:5:6}}}""", ThriftDynamicJsonOptions.Default);

        var first = JsonDocument.Parse(template.Create().ToJson()).RootElement;
        var second = JsonDocument.Parse(template.Create().ToJson()).RootElement;

        var names = new[] { first, second }.Select(static message => message.GetProperty("name").GetString()!.Split('/')).ToList();
        Assert.Equal(["0", "1"], names.Select(static name => name[0]));
        Assert.All(names, static name => Assert.Equal("xxx", name[1]));
        Assert.NotEqual(Guid.Parse(names[0][2]), Guid.Parse(names[1][2]));
        Assert.InRange(first.GetProperty("count").GetInt32(), 5, 6);
    }

    [Fact]
    public void Template_WithoutPlaceholders_IsEncodedOnce()
    {
        var template = MessageTemplate.Parse(Shop.Schema.GetMethod("Both").Request, """{"name":"a"}""", ThriftDynamicJsonOptions.Default);

        Assert.Same(template.Create(), template.Create());
    }

    private (int Code, string Output, string Error) Bench(string scheme, string method, params string[] more)
        => ToolRun.Run(["bench", $"{scheme}://{_server.Endpoint}", method, "-t", "300ms", "--warm-up", "0s", .. more]);

    private static IEnumerable<string> Names(JsonElement element) => element.EnumerateObject().Select(static member => member.Name);
}
