using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Rx.ThriftStreams.AspNetCore;

namespace Rx.ThriftStreams.InteropProgram.Server;

/// <summary><c>server --addr A [--quiet] [--tls-cert F --tls-key F]</c>: serves until it is stopped.</summary>
internal static class ServerVerb
{
    private static X509Certificate2? Certificate(Arguments arguments)
    {
        if (arguments.Text("tls-cert") is not { } file)
        {
            return null;
        }

        try
        {
            return X509Certificate2.CreateFromPemFile(file, arguments.Required("tls-key"));
        }
        catch (Exception error) when (error is IOException or CryptographicException)
        {
            throw new UsageException($"There is no certificate to use: {error.Message}");
        }
    }

    private static async Task<ThriftServer> StartAsync(string address, Action<string> log, bool logCalls, X509Certificate2? certificate)
    {
        try
        {
            return await InteropServer.StartAsync(address, log, logCalls, certificate);
        }
        catch (Exception error) when (error is FormatException or IOException)
        {
            throw new UsageException(error.Message);
        }
    }

    internal static async Task<int> RunAsync(Arguments arguments, TextWriter output)
    {
        var address = arguments.Text("addr") ?? "127.0.0.1:8888";
        var quiet = arguments.Flag("quiet");
        using var certificate = Certificate(arguments);
        arguments.CheckAllKnown();

        var lines = TextWriter.Synchronized(output);
        var server = await StartAsync(address, quiet ? static _ => { } : Log, logCalls: !quiet, certificate);
        await using (server)
        {
            await lines.WriteLineAsync($"listening on {server.Endpoint}");
            await lines.FlushAsync();
            await server.WaitForShutdownAsync();
        }

        return 0;

        void Log(string line) => lines.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{DateTime.UtcNow:HH:mm:ss.ffffff} {line.ReplaceLineEndings("\\n")}"));
    }
}
