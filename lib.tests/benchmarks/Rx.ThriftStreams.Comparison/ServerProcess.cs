using System.Diagnostics;

namespace Rx.ThriftStreams.Comparison;

/// <summary>The server of one contender, or those of all, in a process of their own.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private readonly Process _process;

    private ServerProcess(Process process) => _process = process;

    /// <summary>The processor time that it has used.</summary>
    internal TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>The memory that only it uses, in bytes.</summary>
    internal long Memory
    {
        get
        {
            _process.Refresh();
            return _process.PrivateMemorySize64;
        }
    }

    /// <summary>Starts it, and waits until it serves.</summary>
    /// <param name="port">The port of the first contender, on the loopback interface; the others follow.</param>
    /// <param name="contender">The name of the contender; <see langword="null"/> for all.</param>
    /// <param name="kestrel">What is changed in Kestrel.</param>
    internal static async Task<ServerProcess> StartAsync(int port, string? contender = null, KestrelSetting kestrel = KestrelSetting.Default)
    {
        string[] arguments = ["serve", "--port", $"{port}", "--kestrel", $"{kestrel}", .. contender is null ? Array.Empty<string>() : ["--name", contender]];
        var start = new ProcessStartInfo(Environment.ProcessPath!, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true };
        var process = Process.Start(start)!;
        await process.StandardOutput.ReadLineAsync();
        return new ServerProcess(process);
    }

    /// <summary>Ends it as a crash would.</summary>
    internal async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.StandardInput.Close();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }
}
