using System.Text.RegularExpressions;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.Tests.Dynamic;
using Rx.ThriftStreams.Tool;

namespace Rx.ThriftStreams.Compiler.Tests;

/// <summary><c>thriftstreams call</c>, <c>list</c> and <c>describe</c> against a server of our own.</summary>
public sealed class CallCommandTests : IAsyncLifetime
{
    private readonly ToolRun _tool = new();
    private ThriftServer _server = null!;

    public async ValueTask InitializeAsync()
        => _server = await ThriftServer.StartAsync("127.0.0.1:0", static setup => setup.AddService(Shop.Schema.Descriptor, new Shop()).AddDescribe());

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _tool.Dispose();
    }

    public static TheoryData<string, string[]> Calls() => new()
    {
        { "grpc", [] },
        { "ttheader", [] },
        { "ttheader", ["--transport", "TTHeader"] },
        { "ttheader", ["--transport", "Framed"] },
        { "ttheader", ["--transport", "Buffered"] },
        { "ttheader", ["--transport", "Framed", "--protocol", "Compact"] },
        { "ttheader", ["--transport", "Framed", "--protocol", "Json"] },
    };

    [Theory]
    [MemberData(nameof(Calls))]
    public void Call_OfEveryKindWithoutAStream_PrintsJson(string scheme, string[] more)
    {
        Assert.Equal((0, """{"name":"pen","count":1,"data":"AP/+"}""" + "\n", ""), Call(scheme, more, "shop.Shop/Get", "-d", "\"pen\""));
        Assert.Equal((0, "5\n", ""), Call(scheme, more, "Add", "-d", """{"a":2,"b":3}"""));
        Assert.Equal((0, "null\n", ""), Call(scheme, more, "Shop/Put", "-d", """{"name":"pen"}"""));
        Assert.Equal((0, "", ""), Call(scheme, more, "Shop/Note", "-d", "\"x\""));
        Assert.Equal((0, """{"name":"u"}""" + "\n", ""), Call(scheme, more, "Shop/Una", "-d", """{"name":"u"}"""));
        Assert.Equal((1, "", """error: Refused {"code":7,"reason":"no name"}""" + "\n"), Call(scheme, more, "Shop/Get", "-d", "\"\""));
    }

    [Theory]
    [InlineData("grpc")]
    [InlineData("ttheader")]
    public void Call_OfEveryKindWithAStream_TakesAndPrintsLines(string scheme)
    {
        const string Lines = """
            {"name":"a"}

            {"name":"b"}

            """;
        Assert.Equal((0, "{\"name\":\"0\",\"count\":0}\n{\"name\":\"1\",\"count\":1}\n{\"name\":\"2\",\"count\":2}\n", ""), Call(scheme, [], "Shop/Down", "-d", "{}"));
        Assert.Equal((0, """{"name":"a+b","count":2}""" + "\n", ""), Run(Lines, "call", Address(scheme), "Shop/Up"));
        Assert.Equal((0, "{\"name\":\"a\"}\n{\"name\":\"b\"}\n", ""), Run(Lines, "call", Address(scheme), "Shop/Both"));
        var file = _tool.Write("requests.ndjson", Lines);
        Assert.Equal((0, "{\"name\":\"a\"}\n{\"name\":\"b\"}\n", ""), Run("", "call", Address(scheme), "Shop/Both", "-d", "@" + file));
    }

    [Fact]
    public void Call_WithIdl_NeedsNoDescription()
    {
        var idl = _tool.Write("shop.thrift", "namespace go shop " + Shop.Schema.Idl);

        Assert.Equal((0, "5\n", ""), Run("", "call", Address("grpc"), "Shop/Add", "--idl", idl, "-d", """{"a":2,"b":3}"""));
    }

    [Theory]
    [InlineData("call")]
    [InlineData("bench", "-t", "200ms", "--warm-up", "0s", "-q")]
    public void Call_AndBench_OfAMessageThatLacksAField_RefuseItUnlessTheyAreLenient(string command, params string[] more)
    {
        // The method of the same service, except that names are required.
        var idl = _tool.Write("shop.thrift", """namespace go shop struct Item { 1: required string name } service Shop { Item Una (1: Item item) (streaming.mode = "unary") }""");
        string[] args = [command, Address("grpc"), "Shop/Una", "--idl", idl, "-d", """{"nmae":"x"}""", .. more];
        string[] missing = [command, Address("grpc"), "Shop/Una", "--idl", idl, "-d", "{}", .. more];

        Assert.Equal((ExitCodes.Usage, "", "error: InvalidArgument: Item has no field \"nmae\". Did you mean \"name\"? (at $.nmae).\n"), Run("", args));
        Assert.Equal((ExitCodes.Usage, "", "error: InvalidArgument: The required field name is missing or null (at $.name).\n"), Run("", missing));
        Assert.Equal((0, ""), WithoutOutput(Run("", [.. args, "--lenient"])));
        Assert.Equal((0, ""), WithoutOutput(Run("", [.. missing, "--lenient"])));

        static (int, string) WithoutOutput((int Code, string Output, string Error) run) => (run.Code, run.Error);
    }

    [Fact]
    public void Call_Verbose_ReportsTheCall()
    {
        var (code, output, error) = Run("", "call", Address("grpc"), "Shop/Add", "-v", "-H", "x-id: 7", "-M", "K=V", "--timeout", "30s", "-d", """{"a":2,"b":3}""");

        Assert.Equal((0, "5\n"), (code, output));
        Assert.Contains("> x-id: 7", error, StringComparison.Ordinal);
        Assert.Contains($"* peer: {_server.Endpoint}", error, StringComparison.Ordinal);
        Assert.Matches(new Regex(@"\* received: 1 message in [0-9.]+ ms"), error);
    }

    [Theory]
    [InlineData(ExitCodes.Usage, "at $.b", "Shop/Add", "-d", """{"a":2,"b":"x"}""")]
    [InlineData(ExitCodes.Usage, "not valid JSON", "Shop/Add", "-d", "{")]
    [InlineData(ExitCodes.Usage, "at $.count", "Shop/Both", "-d", """{"count":"x"}""")]
    [InlineData(ExitCodes.Usage, "Item has no field \"nmae\". Did you mean \"name\"? (at $.nmae).", "Shop/Una", "-d", """{"nmae":"x"}""")]
    [InlineData(ExitCodes.Usage, "Add has no argument \"c\". (at $.c).", "Shop/Add", "-d", """{"a":2,"c":3}""")]
    [InlineData(ExitCodes.Usage, "at $.nmae", "Shop/Up", "-d", """{"nmae":"x"}""")]
    [InlineData(ExitCodes.Usage, "at $.nmae", "Shop/Both", "-d", """{"nmae":"x"}""")]
    [InlineData(ExitCodes.Usage, "no method \"Gone\"", "Shop/Gone")]
    [InlineData(ExitCodes.Usage, "No service has a method", "Gone")]
    [InlineData(ExitCodes.Usage, "--timeout", "Shop/Add", "--timeout", "5")]
    [InlineData(ExitCodes.Usage, "--header", "Shop/Add", "-H", "x")]
    [InlineData(ExitCodes.Usage, "nowhere", "Shop/Add", "--idl", "nowhere.thrift")]
    public void Call_ThatCannotBeMade_SaysWhy(int code, string message, params string[] args)
    {
        var run = Run("", ["call", Address("grpc"), .. args]);

        Assert.Equal((code, ""), (run.Code, run.Output));
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Call_OfAServerThatIsGone_IsUnreachable()
    {
        var address = Address("grpc");
        await _server.DisposeAsync();

        Assert.Equal(ExitCodes.Unreachable, Run("", "call", address, "Shop/Add").Code);
    }

    [Fact]
    public void Call_AndBench_OfAnAddressWithAResolver_FindTheServer()
    {
        var address = $"grpc+dns://localhost:{_server.Endpoint!.Port}";

        Assert.Equal((0, "5\n", ""), Run("", "call", address, "Shop/Add", "-d", """{"a":2,"b":3}"""));
        Assert.Equal(0, Run("", "bench", address, "Shop/Add", "-d", """{"a":2,"b":3}""", "-t", "300ms", "--warm-up", "0s", "-q").Code);
    }

    [Fact]
    public void Call_WhoseEtcdIsGone_IsUnreachable()
    {
        var (code, _, error) = Run("", "call", "ttheader+etcd://127.0.0.1:1/shop", "Shop/Add", "-d", "{}");

        Assert.Equal(ExitCodes.Unreachable, code);
        Assert.Contains("etcd", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Call_OfAServerThatDescribesNothing_SaysWhatToDo()
    {
        await using var server = await ThriftServer.StartAsync("127.0.0.1:0", static setup => setup.AddService(Shop.Schema.Descriptor, new Shop()), TestContext.Current.CancellationToken);

        var (code, _, error) = Run("", "call", $"grpc://{server.Endpoint}", "Shop/Add");

        Assert.Equal(ExitCodes.Usage, code);
        Assert.Contains("--idl", error, StringComparison.Ordinal);
    }

    [Fact]
    public void List_OfAServer_ShowsItsMethods()
    {
        var (code, output, error) = Run("", "list", Address("ttheader"));

        Assert.Equal((0, ""), (code, error));
        Assert.Equal(
            """
            shop.Shop/Get	Item Get(string name)
            shop.Shop/Put	void Put(Item item)
            shop.Shop/Note	oneway void Note(string text)
            shop.Shop/Add	i32 Add(i32 a, i32 b)
            shop.Shop/Una	Item Una(Item item)
            shop.Shop/Up	Item Up(stream Item)
            shop.Shop/Down	stream Item Down(Item)
            shop.Shop/Both	stream Item Both(stream Item)

            """,
            output);
    }

    [Fact]
    public void Describe_OfAService_PrintsItsIdl()
    {
        Assert.Equal((0, Shop.Schema.Idl, ""), Run("", "describe", Address("grpc"), "Shop"));
        Assert.Equal((0, "i32 Add(i32 a, i32 b)\n  1: i32 a\n  2: i32 b\n", ""), Run("", "describe", Address("grpc"), "Shop/Add"));
        var idl = _tool.Write("shop.thrift", Shop.Schema.Idl);
        Assert.Equal((0, Shop.Schema.Idl, ""), Run("", "describe", "--idl", idl));
    }

    private string Address(string scheme) => $"{scheme}://{_server.Endpoint}";

    private (int Code, string Output, string Error) Call(string scheme, string[] more, params string[] args) => Run("", ["call", Address(scheme), .. args, .. more]);

    private static (int Code, string Output, string Error) Run(string input, params string[] args) => ToolRun.RunWith(input, args);
}
