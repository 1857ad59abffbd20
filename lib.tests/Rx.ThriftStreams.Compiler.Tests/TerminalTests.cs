using System.Diagnostics;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.Tests.Dynamic;

namespace Rx.ThriftStreams.Compiler.Tests;

/// <summary>What the tool prints when its output is a terminal, which <c>script</c> provides.</summary>
public sealed class TerminalTests : IAsyncLifetime
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

    [Fact]
    public async Task List_InATerminal_IsATable()
    {
        var output = await RunAsync($"thriftstreams list grpc://{_server.Endpoint} Shop");

        Assert.Contains("╭", output, StringComparison.Ordinal);
        Assert.Contains("shop.Shop/Get", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bench_InATerminal_ShowsATableWhileItRuns()
    {
        var output = await RunAsync($"thriftstreams bench grpc://{_server.Endpoint} Shop/Get -d '\"pen\"' -t 600ms --warm-up 0s");

        Assert.Contains("progress", output, StringComparison.Ordinal);
        Assert.Contains("p99.99", output, StringComparison.Ordinal);
        Assert.Contains("\e[", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("NO_COLOR=1 ", false)]
    [InlineData("TERM=dumb ", false)]
    public async Task Errors_InATerminal_AreRedUnlessTheUserWantsNoColours(string environment, bool isRed)
    {
        var output = await RunAsync($"{environment}thriftstreams call grpc://{_server.Endpoint} Shop/Get -d '\"\"'");

        Assert.Contains("error: Refused", output, StringComparison.Ordinal);
        Assert.Equal(isRed, output.Contains("\e[31merror: Refused", StringComparison.Ordinal));
    }

    private async Task<string> RunAsync(string command)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && ToolShell.Has("script"), "There is no script on this machine.");
        var start = new ProcessStartInfo("script", ["-qec", command, "/dev/null"]) { RedirectStandardInput = true, RedirectStandardOutput = true, WorkingDirectory = _tool.Directory };
        start.Environment["PATH"] = ToolShell.ToolDirectory + ":" + start.Environment["PATH"];
        start.Environment["TERM"] = "xterm-256color";
        start.Environment.Remove("NO_COLOR");
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return output;
    }
}
