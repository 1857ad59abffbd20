using System.Net;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Rx.ThriftStreams.AspNetCore.Access;
using Rx.ThriftStreams.AspNetCore.Dispatch;
using Rx.ThriftStreams.AspNetCore.Hosting;

namespace Rx.ThriftStreams.AspNetCore;

/// <summary>A server of Thrift services for programs that are not web applications.</summary>
/// <remarks>Thread-safe. Runs until it is stopped or disposed; it watches for signals only in <see cref="WaitForShutdownAsync"/>.</remarks>
public sealed class ThriftServer : IAsyncDisposable
{
    private readonly WebApplication _application;

    private readonly IPEndPoint? _endpoint;

    private ThriftServer(WebApplication application, string[] addresses, IPEndPoint? endpoint)
    {
        _application = application;
        _endpoint = endpoint;
        Addresses = addresses;
        Events = application.Services.GetRequiredService<ThriftServerRuntime>().Events;
    }

    /// <summary>The address that the server listens on; the port is the real one where 0 was asked for.</summary>
    /// <exception cref="InvalidOperationException">The server listens on a Unix domain socket.</exception>
    public IPEndPoint Endpoint
        => _endpoint ?? throw new InvalidOperationException($"The server listens on {Address}, which has no port. Use {nameof(Address)}.");

    /// <summary>
    /// Where the server listens, as channels call it: <c>host:port</c>, or <c>unix:/path</c>. With a scheme before it, it is the address of a channel:
    /// <c>grpc://unix:/path</c>.
    /// </summary>
    public string Address => Addresses[0];

    /// <summary>All addresses that the server listens on: <see cref="Address"/>, and those of <see cref="ThriftServerBuilder.Listen"/> in their order.</summary>
    public IReadOnlyList<string> Addresses { get; }

    /// <summary>What happens in the life of each call that the server handles. The same rules as for <see cref="ThriftChannel.Events"/>.</summary>
    public IObservable<ThriftStreamEvent> Events { get; }

    /// <summary>Starts a server.</summary>
    /// <param name="endpoint">
    /// Where to listen: <c>address:port</c>. The address is numeric, or <c>localhost</c> for 127.0.0.1, or <c>*</c> for every address of the machine. Port 0
    /// takes a free one. Or <c>unix:/path</c> for a Unix domain socket; its file must not exist yet, and is removed when the server stops.
    /// </param>
    /// <param name="configure">Adds the services.</param>
    /// <param name="cancellationToken">Gives up starting.</param>
    /// <returns>The server, listening.</returns>
    /// <exception cref="FormatException">The endpoint is not of the form <c>address:port</c> or <c>unix:/path</c>.</exception>
    /// <exception cref="IOException">The address is in use.</exception>
    public static async Task<ThriftServer> StartAsync(
        string endpoint,
        Action<ThriftServerBuilder> configure,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        ArgumentNullException.ThrowIfNull(configure);
        var listenOn = ListenAddress.Parse(endpoint);
        var setup = new ThriftServerBuilder();
        configure(setup);

        var host = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        host.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            setup.ConfigureKestrel(kestrel, listenOn);
        });
        host.Services.AddLogging();
        host.Services.AddThriftStreams();

        // The host is this server's own, and waits as long as the server lets calls run.
        host.Services.AddOptions<HostOptions>().Configure<IOptions<ThriftServerOptions>>(static (host, server) => host.ShutdownTimeout = ShutdownLimitCheck.HostLimitFor(server.Value.ShutdownTimeout));
        host.Services.AddSingleton<IHostLifetime, NoHostLifetime>();
        setup.ConfigureServices(host.Services);

        var application = host.Build();
        try
        {
            application.UseRouting();
            AccessPipeline.Use(application, limitsRates: application.Services.GetServices<IConfigureOptions<RateLimiterOptions>>().Any());
            setup.MapServices(application);
            await application.StartAsync(cancellationToken).ConfigureAwait(false);
            var bound = application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
            IEnumerable<EndPoint> asked = [listenOn, .. setup.MoreEndpoints];
            EndPoint[] real = [.. asked.Zip(bound, static (asked, bound) => asked is IPEndPoint ip ? new IPEndPoint(ip.Address, new Uri(bound).Port) : asked)];
            return new(application, [.. real.Select(ListenAddress.Describe)], real[0] as IPEndPoint);
        }
        catch
        {
            await application.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>
    /// Stops in order: asks callers to use another server, answers what they have sent, lets what runs finish within
    /// <see cref="ThriftServerOptions.ShutdownTimeout"/>, and cuts off what is left.
    /// </summary>
    /// <param name="cancellationToken">Cuts off at once.</param>
    public Task StopAsync(CancellationToken cancellationToken = default) => _application.StopAsync(cancellationToken);

    /// <summary>
    /// Waits until the process is asked to end, by Ctrl+C or SIGTERM, and stops the server then, as <see cref="StopAsync"/> does. Also returns when the server was stopped otherwise.
    /// </summary>
    /// <param name="cancellationToken">Asks to end as a signal does.</param>
    public async Task WaitForShutdownAsync(CancellationToken cancellationToken = default)
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var byToken = cancellationToken.UnsafeRegister(static asked => ((TaskCompletionSource)asked!).TrySetResult(), asked);
        using var byCode = _application.Lifetime.ApplicationStopping.UnsafeRegister(static asked => ((TaskCompletionSource)asked!).TrySetResult(), asked);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Ask);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Ask);
        await asked.Task.ConfigureAwait(false);
        await StopAsync(CancellationToken.None).ConfigureAwait(false);

        void Ask(PosixSignalContext signal)
        {
            // The process ends when its program does.
            signal.Cancel = true;
            asked.TrySetResult();
        }
    }

    /// <summary>Stops at once and lets go of everything.</summary>
    public async ValueTask DisposeAsync()
    {
        await _application.StopAsync(new CancellationToken(canceled: true)).ConfigureAwait(false);
        await _application.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>A server inside another program leaves signals and the console to it.</summary>
    private sealed class NoHostLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
