using System.Diagnostics;

namespace Rx.ThriftStreams.Packages.Tests;

/// <summary>Runs the <c>dotnet</c> command.</summary>
internal static class DotNet
{
    // Far more than any command takes, also on a busy machine.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    /// <returns>What the command wrote.</returns>
    /// <exception cref="InvalidOperationException">The exit code is not 0; the message has what the command wrote.</exception>
    public static Task<string> RunAsync(string directory, params string[] arguments) => RunWithAsync(directory, [], arguments);

    /// <summary>The same with variables of the environment.</summary>
    /// <inheritdoc cref="RunAsync"/>
    public static async Task<string> RunWithAsync(string directory, Dictionary<string, string> environment, params string[] arguments)
    {
        using var process = StartWith(directory, environment, arguments);
        try
        {
            process.StandardInput.Close();
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            timeout.CancelAfter(Limit);
            var output = process.StandardOutput.ReadToEndAsync(timeout.Token);
            var error = process.StandardError.ReadToEndAsync(timeout.Token);
            await process.WaitForExitAsync(timeout.Token);
            return process.ExitCode == 0 ? await output : throw new InvalidOperationException($"dotnet {string.Join(' ', arguments)} failed:\n{await output}\n{await error}");
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    /// <summary>Starts the command; its output and errors are pipes.</summary>
    public static Process Start(string directory, params string[] arguments) => StartWith(directory, [], arguments);

    private static Process StartWith(string directory, Dictionary<string, string> environment, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { WorkingDirectory = directory, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        // Build servers that outlive the command would keep files of a temporary directory open.
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0";
        start.Environment["UseSharedCompilation"] = "false";
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        start.Environment["NO_COLOR"] = "1";
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }
}
