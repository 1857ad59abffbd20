using System.Globalization;
using System.Security.Cryptography.X509Certificates;

namespace Rx.ThriftStreams.InteropProgram.Server;

/// <summary><c>server --addr A [--quiet] [--tls-cert F --tls-key F]</c>: serves until it is told to stop.</summary>
internal static class ServerVerb
{
    private static X509Certificate2? Certificate(Arguments arguments)
        => arguments.Text("tls-cert") is { } file ? X509Certificate2.CreateFromPemFile(file, arguments.Required("tls-key")) : null;

    internal static async Task<int> RunAsync(Arguments arguments, TextWriter output)
    {
        var address = arguments.Text("addr") ?? "127.0.0.1:8888";
        var quiet = arguments.Flag("quiet");
        using var certificate = Certificate(arguments);
        arguments.CheckAllKnown();

        var lines = TextWriter.Synchronized(output);
        var server = await InteropServer.StartAsync(address, quiet ? static _ => { } : Log, logCalls: !quiet, certificate);
        await using (server)
        {
            await lines.WriteLineAsync($"listening on {server.Endpoint}");
            await lines.FlushAsync();
            await server.WaitForShutdownAsync();
        }

        return 0;

        void Log(string line) => lines.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{DateTime.UtcNow:HH:mm:ss.ffffff} {line}"));
    }
}
