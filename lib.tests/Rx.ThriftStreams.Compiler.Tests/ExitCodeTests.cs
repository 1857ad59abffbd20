using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.Tests.Dynamic;

namespace Rx.ThriftStreams.Compiler.Tests;

/// <summary>The exit codes that the documentation of the tool lists, and the help of its commands.</summary>
public sealed class ExitCodeTests : IDisposable
{
    private readonly ToolRun _tool = new();

    public static TheoryData<string> Commands => ["call", "bench", "list", "describe", "gen", "check", "format", "breaking", "trim", "completion"];

    public void Dispose() => _tool.Dispose();

    [Fact]
    public async Task Codes_AreThoseOfTheDocumentation()
    {
        await using var server = await ThriftServer.StartAsync("127.0.0.1:0", static setup => setup.AddService(Shop.Schema.Descriptor, new Shop()).AddDescribe());
        var address = $"grpc://{server.Endpoint}";
        var good = _tool.Write("good.thrift", "struct A {\n  1: i32 a\n}\n");
        var ugly = _tool.Write("ugly.thrift", "struct   A{1:i32 a}");
        var bad = _tool.Write("bad.thrift", "struct A { 1: Missing a }");

        Assert.Equal(0, ToolRun.Run("check", good).Code);
        Assert.Equal(0, ToolRun.Run("call", address, "Shop/Add", "-d", """{"a":1}""").Code);
        Assert.Equal(1, ToolRun.Run("check", bad).Code);
        Assert.Equal(1, ToolRun.Run("gen", bad, "--out", _tool.Directory).Code);
        Assert.Equal(1, ToolRun.Run("format", ugly, "--check").Code);
        Assert.Equal(1, ToolRun.Run("breaking", good, _tool.Write("changed.thrift", "struct A {\n  1: string a\n}\n")).Code);
        Assert.Equal(1, ToolRun.Run("call", address, "Shop/Get", "-d", "\"\"").Code);
        Assert.Equal(1, ToolRun.Run("bench", address, "Shop/Get", "-d", "\"\"", "-t", "300ms", "--warm-up", "0s", "-q").Code);
        Assert.Equal(2, ToolRun.Run("call", address).Code);
        Assert.Equal(2, ToolRun.Run("check", Path.Combine(_tool.Directory, "none.thrift")).Code);
        Assert.Equal(2, ToolRun.Run("call", address, "Shop/Add", "-d", "{").Code);
        Assert.Equal(2, ToolRun.Run("completion", "cmd").Code);
        await server.DisposeAsync();
        Assert.Equal(3, ToolRun.Run("list", address).Code);
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void Help_OfEachCommand_HasExamples(string command)
    {
        var (code, output, _) = ToolRun.Run(command, "--help");

        Assert.Equal(0, code);
        var examples = output[output.IndexOf("Examples:", StringComparison.Ordinal)..];
        Assert.Contains($"thriftstreams {command} ", examples, StringComparison.Ordinal);
    }

    [Fact]
    public void Help_OfTheTool_ListsEveryCommandAndTheExitCodes()
    {
        var (code, output, _) = ToolRun.Run("--help");

        Assert.Equal(0, code);
        Assert.All(Commands.Select(static row => row.Data), command => Assert.Contains($"  {command} ", output, StringComparison.Ordinal));
        Assert.Contains("130 interrupted", output, StringComparison.Ordinal);
    }
}
