using System.Globalization;
using System.Runtime.InteropServices;

namespace Rx.ThriftStreams.InteropProgram.Server;

/// <summary><c>server --addr A [--quiet]</c>: serves until it is told to stop.</summary>
internal static class ServerVerb
{
    internal static async Task<int> RunAsync(Arguments arguments, TextWriter output)
    {
        var address = arguments.Text("addr") ?? "127.0.0.1:8888";
        var quiet = arguments.Flag("quiet");
        arguments.CheckAllKnown();

        var lines = TextWriter.Synchronized(output);
        var stop = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        var server = await InteropServer.StartAsync(address, quiet ? static _ => { } : Log, logCalls: !quiet);
        await using (server)
        {
            await lines.WriteLineAsync($"listening on {server.Endpoint}");
            await lines.FlushAsync();
            await stop.Task;
            await server.StopAsync();
        }

        return 0;

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stop.TrySetResult();
        }

        void Log(string line) => lines.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{DateTime.UtcNow:HH:mm:ss.ffffff} {line}"));
    }
}
