using Demo.Echo;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.AspNetCore.Access;
using Rx.ThriftStreams.AspNetCore.Dispatch;
using Rx.ThriftStreams.AspNetCore.Port;
using Rx.ThriftStreams.AspNetCore.Transports.TTHeaderStreaming;

namespace Rx.ThriftStreams.Tests.Support;

/// <summary>A host of the test service that speaks TTHeader Streaming in memory, and over sockets if it is started.</summary>
internal sealed class StreamingHost : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly CancellationTokenSource _stopping = new();

    public StreamingHost(ITestService? service = null, Action<ThriftServerOptions>? configure = null, Action<ListenOptions>? listen = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddLogging();
        builder.Services.AddThriftStreams(options =>
        {
            options.RevealErrors = true;
            configure?.Invoke(options);
        });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, options =>
        {
            listen?.Invoke(options);
            options.Run(ServeAsync);
        }));
        _application = builder.Build();
        _application.MapThriftService(service ?? new ProgramService());
    }

    public ThriftServerRuntime Runtime => _application.Services.GetRequiredService<ThriftServerRuntime>();

    private TTHeaderStreamingHandler Handler => _application.Services.GetRequiredService<TTHeaderStreamingHandler>();

    public string Endpoint { get; private set; } = string.Empty;

    /// <summary>Begins to stop, for connections in memory.</summary>
    public void Stop() => _stopping.Cancel();

    public async Task<StreamingHost> StartAsync()
    {
        await _application.StartAsync(TestContext.Current.CancellationToken);
        var address = _application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        Endpoint = $"127.0.0.1:{new Uri(address).Port}";
        return this;
    }

    /// <summary>Stops as a host does: completes when what runs has ended.</summary>
    public Task StopAsync() => _application.StopAsync(TestContext.Current.CancellationToken);

    /// <summary>A connection in memory; the task ends when the server is done with it.</summary>
    public (FramePeer Client, Task Served) Connect(long pauseThreshold = 64 * 1024)
    {
        var (ours, theirs) = PipeEnd.CreatePair(pauseThreshold);
        return (new FramePeer(ours), Handler.RunAsync(theirs, theirs, ServerConnection.None, _stopping.Token));
    }

    /// <summary>The same, with the server's end to look into.</summary>
    public (FramePeer Client, Task Served, TTHeaderStreamingServerConnection Connection, PipeEnd ServerEnd) ConnectInside(long pauseThreshold = 64 * 1024)
    {
        var (ours, theirs) = PipeEnd.CreatePair(pauseThreshold);
        var connection = new TTHeaderStreamingServerConnection(Handler, theirs, theirs, ServerConnection.None);
        return (new FramePeer(ours), connection.RunAsync(_stopping.Token), connection, theirs);
    }

    public async ValueTask DisposeAsync()
    {
        await _application.StopAsync(new CancellationToken(canceled: true));
        await _application.DisposeAsync();
        _stopping.Dispose();
    }

    private Task ServeAsync(ConnectionContext connection) => Handler.RunAsync(
        connection.Transport,
        new KestrelConnectionControl(connection),
        ServerConnection.Of(connection),
        connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested ?? default);
}
