using Demo.Echo;
using Demo.Terminal;
using Rx.ThriftStreams.AspNetCore;

namespace Demo.Server;

/// <summary>The server of the demo, within the same process or as a separate program.</summary>
internal static class DemoServer
{
    /// <summary>Starts it on the loopback address. Port 0 takes a free one.</summary>
    internal static Task<ThriftServer> StartAsync(int port, CancellationToken cancellationToken)
        => ThriftServer.StartAsync($"127.0.0.1:{port}", server => server.AddService<ITestService, EchoService>(), cancellationToken);

    /// <summary>Serves until Ctrl+C or a termination signal.</summary>
    internal static async Task RunAsync(int port, Screen screen, CancellationToken stop)
    {
        await using var server = await StartAsync(port, stop);
        var address = $"grpc://{server.Endpoint}";
        screen.Line(Tone.Good, $"Listening on {address}.");
        screen.Line(Tone.Plain, $"Try: dotnet run --project playground/Demo -- --address {address}");
        screen.Line(Tone.Plain, $" or: dotnet run --project playground/Demo -- --address ttheader://{server.Endpoint}");

        await server.WaitForShutdownAsync(stop);
        screen.Line(Tone.Plain, "Stopped.");
    }
}
