using System.Diagnostics;

namespace Rx.ThriftStreams.Comparison;

/// <summary>The servers of all contenders, in a process of their own.</summary>
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
    /// <param name="port">The first port of the loopback interface.</param>
    internal static async Task<ServerProcess> StartAsync(int port)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, ["serve", "--port", $"{port}"]) { RedirectStandardInput = true, RedirectStandardOutput = true };
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
