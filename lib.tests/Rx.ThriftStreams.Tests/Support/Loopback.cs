using Demo.Echo;
using Microsoft.Extensions.Logging;
using Rx.ThriftStreams.AspNetCore;

namespace Rx.ThriftStreams.Tests.Support;

/// <summary>A server with a scripted service and a client of it, over a real socket.</summary>
internal sealed class Loopback : IAsyncDisposable
{
    private Loopback(ThriftServer server, ThriftChannel channel, LogCollector log)
    {
        Server = server;
        Channel = channel;
        Log = log;
        Client = new TestServiceClient(channel);
    }

    public ThriftServer Server { get; }

    public ThriftChannel Channel { get; }

    public TestServiceClient Client { get; }

    /// <summary>What both sides logged.</summary>
    public LogCollector Log { get; }

    public static async Task<Loopback> StartAsync(
        ScriptedService service,
        Action<ThriftServerOptions>? server = null,
        Action<ThriftChannelOptions>? channel = null,
        Action<ThriftServerBuilder>? builder = null,
        string scheme = "grpc")
    {
        var log = new LogCollector();
        var host = await ThriftServer.StartAsync("127.0.0.1:0", setup =>
        {
            setup.AddService<ITestService>(service).Configure(server ?? (_ => { })).Logging(logging => logging.AddProvider(log).SetMinimumLevel(LogLevel.Debug));
            builder?.Invoke(setup);
        });
        var options = new ThriftChannelOptions { LoggerFactory = new LoggerFactory([log]), Resilience = { ConnectTimeout = TimeSpan.FromSeconds(30) } };
        channel?.Invoke(options);
        return new(host, PatientChannel.ForAddress($"{scheme}://{host.Endpoint}", options), log);
    }

    public async ValueTask DisposeAsync()
    {
        await Channel.DisposeAsync();
        await Server.DisposeAsync();
    }
}
