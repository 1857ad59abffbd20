using System.Diagnostics;
using System.Text;

namespace Rx.ThriftStreams.Tests.Playground;

/// <summary>A program of the playground, running: its output line by line, its exit code, and its end when it is disposed.</summary>
internal sealed class PlaygroundProcess : IDisposable
{
    /// <summary>Far more than any of them takes, also on a machine that is busy.</summary>
    internal static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    private readonly Process _process;
    private readonly StringBuilder _output = new();

    private PlaygroundProcess(Process process) => _process = process;

    /// <summary>What has been read of its standard output so far.</summary>
    internal string Output => _output.ToString();

    /// <summary>Starts the built program of a project, which is given relative to <c>playground/</c>.</summary>
    internal static PlaygroundProcess Start(string project, string assembly, params string[] arguments) => Start(project, assembly, [], arguments);

    /// <summary>The same with variables of the environment. Its working directory is that of the project.</summary>
    internal static PlaygroundProcess Start(string project, string assembly, Dictionary<string, string> variables, params string[] arguments)
    {
        // .../lib.tests/<project>/bin/<configuration>/<framework>: both programs are built alike.
        var own = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        string root = own.Parent!.Parent!.Parent!.Parent!.Parent!.FullName;
        string program = Path.Combine(root, "playground", project, "bin", own.Parent.Name, own.Name, $"{assembly}.dll");
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
        };
        start.WorkingDirectory = Path.Combine(root, "playground", project);
        foreach (var (name, value) in variables)
        {
            start.Environment[name] = value;
        }

        foreach (string argument in (string[])["exec", program, .. arguments])
        {
            start.ArgumentList.Add(argument);
        }

        var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
        process.StandardInput.Close();
        return new PlaygroundProcess(process);
    }

    /// <summary>Reads on until a line contains the text, and returns what follows the text on that line.</summary>
    internal async Task<string> ReadUntilAsync(string text)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (await _process.StandardOutput.ReadLineAsync(limit.Token) is { } line)
        {
            _output.AppendLine(line);
            int found = line.IndexOf(text, StringComparison.Ordinal);
            if (found >= 0)
            {
                return line[(found + text.Length)..];
            }
        }

        throw new InvalidOperationException($"The program ended without \"{text}\". It wrote:\n{Output}{await _process.StandardError.ReadToEndAsync(limit.Token)}");
    }

    /// <summary>Asks it to end, as a host does.</summary>
    internal void Terminate()
    {
        using var kill = Process.Start("kill", ["-TERM", $"{_process.Id}"]);
        kill.WaitForExit();
    }

    /// <summary>Reads the rest of the output and waits for the end.</summary>
    /// <returns>The exit code, and what was written as error.</returns>
    internal async Task<(int ExitCode, string Error)> WaitAsync()
    {
        using var limit = new CancellationTokenSource(Limit);
        Task<string> error = _process.StandardError.ReadToEndAsync(limit.Token);
        _output.Append(await _process.StandardOutput.ReadToEndAsync(limit.Token));
        await _process.WaitForExitAsync(limit.Token);
        return (_process.ExitCode, await error);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
    }
}
