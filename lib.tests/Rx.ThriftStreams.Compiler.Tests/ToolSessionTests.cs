using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.Tests.Dynamic;

namespace Rx.ThriftStreams.Compiler.Tests;

/// <summary>The terminal sessions of docs/tool.md, run by a shell against a server, and the completion scripts in their shells.</summary>
public sealed partial class ToolSessionTests : IAsyncLifetime
{
    private const string Address = "localhost:8888";

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
    public async Task Documentation_Sessions_RunAsWritten()
    {
        SkipWithout("bash");
        var sessions = Sessions().Matches(await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "tool.md"), TestContext.Current.CancellationToken));
        Assert.Equal(3, sessions.Count);
        foreach (Match session in sessions)
        {
            var expected = session.Groups["text"].Value;
            var commands = expected.Split('\n').Where(static line => line.StartsWith("$ ", StringComparison.Ordinal)).Select(static line => line[2..]).ToList();
            var script = new StringBuilder();
            foreach (var command in commands)
            {
                // The shell prints the command as the page shows it, and runs it with the address of the server.
                script.Append($"_code=$?; printf '%s\\n' {Quote("$ " + command)}; (exit $_code)\n{command.Replace(Address, _server.Endpoint!.ToString(), StringComparison.Ordinal)}\n");
            }

            var (_, output) = await ShellAsync("bash", script.ToString());

            TestContext.Current.TestOutputHelper!.WriteLine(output);
            Assert.Matches(PatternOf(expected), output);
        }
    }

    [Theory]
    [InlineData("thriftstreams ca", "call")]
    [InlineData("thriftstreams call --transport TTH", "TTHeader")]
    [InlineData("thriftstreams completion z", "zsh")]
    public async Task Completion_InBash_CompletesCommandsOptionsAndValues(string line, string expected)
    {
        SkipWithout("bash");
        var script = $"""
            source <(thriftstreams completion bash)
            COMP_LINE={Quote(line)}
            COMP_POINT={line.Length}
            COMP_WORDS=($COMP_LINE)
            COMP_CWORD=$(({line.Split(' ').Length} - 1))
            _thriftstreams_complete
            printf '%s\n' "{"${COMPREPLY[@]}"}"
            complete -p thriftstreams
            """;

        var (code, output) = await ShellAsync("bash", script);

        Assert.Equal(0, code);
        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Contains(expected, lines);
        Assert.Equal("complete -o default -F _thriftstreams_complete thriftstreams", lines[^1]);
    }

    [Fact]
    public async Task Completion_InZsh_SuggestsCommands()
    {
        SkipWithout("zsh");
        const string Script = """
            compdef() { :; }
            _files() { :; }
            compadd() { printf '%s\n' "${suggestions[@]}"; }
            source <(thriftstreams completion zsh)
            BUFFER='thriftstreams ca' CURSOR=16 _thriftstreams
            """;

        var (code, output) = await ShellAsync("zsh", Script);

        Assert.Equal(0, code);
        Assert.Contains("call", output.Split('\n'));
    }

    [Theory]
    [InlineData("bash", "-n")]
    [InlineData("zsh", "-n")]
    [InlineData("fish", "--no-execute")]
    public async Task Completion_Script_IsValid(string shell, string check)
    {
        SkipWithout(shell);
        var (code, script, _) = ToolRun.Run("completion", shell);
        Assert.Equal(0, code);
        var file = _tool.Write("script", script);

        using var process = Process.Start(new ProcessStartInfo(shell, [check, file]) { RedirectStandardError = true })!;
        var errors = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal((0, ""), (process.ExitCode, errors));
    }

    private static void SkipWithout(string shell) => Assert.SkipUnless(ToolShell.Has(shell), $"There is no {shell} on this machine.");

    private async Task<(int Code, string Output)> ShellAsync(string shell, string script)
    {
        var file = _tool.Write("session.sh", "exec 2>&1\n" + script + "\n");
        var start = new ProcessStartInfo(shell, [file]) { RedirectStandardInput = true, RedirectStandardOutput = true, WorkingDirectory = _tool.Directory };
        start.Environment["PATH"] = ToolShell.ToolDirectory + ":" + start.Environment["PATH"];
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, output);
    }

    private static string Quote(string text) => "'" + text.Replace("'", "'\\''", StringComparison.Ordinal) + "'";

    /// <summary>A line that is only an ellipsis stands for any lines, and one within a line for any text.</summary>
    private static string PatternOf(string expected)
        => "^" + Regex.Escape(expected).Replace("\\n…\\n", "\\n(.*\\n)*", StringComparison.Ordinal).Replace("…", "[^\\n]+", StringComparison.Ordinal) + "$";

    [GeneratedRegex(@"<!-- session -->\n```console\n(?<text>.*?)```", RegexOptions.Singleline)]
    private static partial Regex Sessions();
}
