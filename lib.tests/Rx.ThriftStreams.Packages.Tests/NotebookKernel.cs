using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Rx.ThriftStreams.Packages.Tests;

/// <summary>The C# kernel of .NET Interactive, driven over its standard input and output: a command or an event in JSON per line.</summary>
internal sealed class NotebookKernel : IAsyncDisposable
{
    // Far more than starting the kernel or restoring packages takes, also on a busy machine.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    private const string Tool = "microsoft.dotnet-interactive";

    private readonly Process _process;
    private int _commands;

    private NotebookKernel(Process process) => _process = process;

    /// <summary>Starts the kernel, or skips the test where the tool is not installed and <c>RX_REQUIRE_KERNEL</c> is not set.</summary>
    /// <param name="directory">The directory of the notebook.</param>
    /// <param name="packages">Where packages are extracted.</param>
    public static async Task<NotebookKernel> StartAsync(string directory, string packages)
    {
        var tool = await FindAsync();
        if (!File.Exists(tool) && Environment.GetEnvironmentVariable("RX_REQUIRE_KERNEL") is null)
        {
            Assert.Skip("The kernel of .NET Interactive is not installed. Run \"dotnet tool restore\".");
        }

        var start = new ProcessStartInfo("dotnet") { WorkingDirectory = directory, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in new[] { "exec", tool, "stdio", "--default-kernel", "csharp" })
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["NUGET_PACKAGES"] = packages;
        start.Environment["DOTNET_INTERACTIVE_CLI_TELEMETRY_OPTOUT"] = "1";
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        var process = Process.Start(start)!;
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginErrorReadLine();
        return new(process);
    }

    /// <summary>Runs a cell.</summary>
    /// <returns>What it printed, and what it displayed.</returns>
    /// <exception cref="InvalidOperationException">The cell failed.</exception>
    public async Task<CellOutput> RunAsync(string code)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Limit);
        var token = $"{++_commands}";
        var command = new JsonObject
        {
            ["commandType"] = "SubmitCode",
            ["command"] = new JsonObject { ["code"] = code, ["targetKernelName"] = "csharp" },
            ["token"] = token,
        };
        await _process.StandardInput.WriteLineAsync(command.ToJsonString().AsMemory(), limit.Token);
        await _process.StandardInput.FlushAsync(limit.Token);

        var printed = new StringBuilder();
        var displayed = new List<string>();
        while (await _process.StandardOutput.ReadLineAsync(limit.Token) is { } line)
        {
            if (!line.StartsWith('{'))
            {
                continue;
            }

            using var json = JsonDocument.Parse(line);
            var root = json.RootElement;
            var content = root.GetProperty("event");
            var isOurs = root.TryGetProperty("command", out var cause) && cause.ValueKind == JsonValueKind.Object && cause.GetProperty("token").GetString() == token;
            switch (root.GetProperty("eventType").GetString())
            {
                case "StandardOutputValueProduced":
                    printed.Append(ValueOf(content));
                    break;
                case "DisplayedValueProduced" or "DisplayedValueUpdated":
                    displayed.Add(ValueOf(content));
                    break;
                case "CommandFailed" when isOurs:
                    throw new InvalidOperationException($"{code}\n{content.GetProperty("message").GetString()}");
                case "CommandSucceeded" when isOurs:
                    return new(printed.ToString().ReplaceLineEndings("\n"), displayed);
            }
        }

        throw new InvalidOperationException("The kernel ended.");
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    /// <summary>Where <c>dotnet tool restore</c> extracts the tool. The command itself finds tools of the current directory only.</summary>
    private static async Task<string> FindAsync()
    {
        using var manifest = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(Repository.Root, ".config", "dotnet-tools.json"), TestContext.Current.CancellationToken));
        var version = manifest.RootElement.GetProperty("tools").GetProperty(Tool).GetProperty("version").GetString()!;
        return Path.Combine(PackedPackages.MachinePackages, Tool, version, "tools", "net10.0", "any", "Microsoft.DotNet.Interactive.App.dll");
    }

    private static string ValueOf(JsonElement content) => content.GetProperty("formattedValues")[0].GetProperty("value").GetString() ?? string.Empty;
}

/// <summary>The output of a cell.</summary>
internal sealed record CellOutput(string Printed, IReadOnlyList<string> Displayed);
