using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace Rx.ThriftStreams.InteropProgram.Stress;

/// <summary>This program's server in a process of its own, with a limit on its heap, and what the operating system says of it.</summary>
internal sealed class StressServer : IAsyncDisposable
{
    private const long HeapLimit = 1024L * 1024 * 1024;

    private readonly Process _process;

    private StressServer(Process process, IPEndPoint endpoint)
    {
        _process = process;
        Endpoint = endpoint;
    }

    internal IPEndPoint Endpoint { get; }

    internal bool IsAlive => !_process.HasExited;

    internal TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.HasExited ? TimeSpan.Zero : _process.TotalProcessorTime;
        }
    }

    /// <summary>The largest resident size since the last <see cref="ForgetPeak"/>, in bytes; 0 where the system does not say.</summary>
    internal long PeakMemory
    {
        get
        {
            var status = $"/proc/{_process.Id}/status";
            var line = File.Exists(status) ? File.ReadLines(status).FirstOrDefault(line => line.StartsWith("VmHWM:", StringComparison.Ordinal)) : null;
            return line is null ? 0 : long.Parse(line.AsSpan()[6..^2].Trim(), CultureInfo.InvariantCulture) * 1024;
        }
    }

    internal static async Task<StressServer> StartAsync(CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(StressServer).Assembly.Location, "server", "--addr", "127.0.0.1:0", "--quiet"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.Environment["DOTNET_GCHeapHardLimit"] = HeapLimit.ToString("x", CultureInfo.InvariantCulture);
        var process = Process.Start(start) ?? throw new InvalidOperationException("The server's process did not start.");

        // A process that dies writes its whole stack: the table says that it died.
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginErrorReadLine();
        var line = await process.StandardOutput.ReadLineAsync(cancellationToken);
        return line?.Split(' ') is ["listening", "on", var endpoint]
            ? new StressServer(process, IPEndPoint.Parse(endpoint))
            : throw new InvalidOperationException($"The server said \"{line}\" instead of where it listens.");
    }

    /// <summary>Begins a new peak.</summary>
    internal void ForgetPeak()
    {
        var reset = $"/proc/{_process.Id}/clear_refs";
        if (File.Exists(reset))
        {
            File.WriteAllText(reset, "5");
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }
}
