using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Rx.ThriftStreams.AspNetCore.Dispatch;
using Rx.ThriftStreams.AspNetCore.Transports.InProcess;

namespace Rx.ThriftStreams.AspNetCore;

/// <summary>Services that are called within the process, without sockets: for tests. All else is real: codec, dispatch, middleware, deadlines, errors, events.</summary>
/// <remarks>
/// Messages are encoded and decoded as on a wire. A side that is 16 messages ahead of the other waits. Errors read as over gRPC. Backward metainfo
/// is carried. Thread-safe.
/// </remarks>
public sealed class ThriftInMemoryServer : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly ThriftServerRuntime _runtime;
    private readonly ConcurrentBag<MemoryTransport> _transports = [];

    private ThriftInMemoryServer(WebApplication application)
    {
        _application = application;
        _runtime = application.Services.GetRequiredService<ThriftServerRuntime>();
    }

    /// <summary>What happens in the life of each call that the server handles. The same rules as for <see cref="ThriftChannel.Events"/>.</summary>
    public IObservable<ThriftStreamEvent> Events => _runtime.Events;

    /// <summary>What implementations are made of, for tests that want to look at it.</summary>
    public IServiceProvider Services => _application.Services;

    /// <summary>Makes a server.</summary>
    /// <param name="configure">Adds the services.</param>
    public static ThriftInMemoryServer Create(Action<ThriftServerBuilder> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        var setup = new ThriftServerBuilder();
        configure(setup);
        var host = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        host.Services.AddLogging();
        host.Services.AddThriftStreams();
        host.Services.AddSingleton<IServer, NoServer>();
        setup.ConfigureServices(host.Services);
        var application = host.Build();
        setup.MapServices(application);
        ServiceChecks.ValidateInProcess(application.Services.GetRequiredService<ThriftServerRuntime>());
        return new(application);
    }

    /// <summary>Makes a channel to this server. Dispose it as any other.</summary>
    /// <param name="options">
    /// Settings; the defaults if <see langword="null"/>. Those of endpoints, TLS and HTTP have no effect. Without a <see cref="ThriftChannelOptions.LoggerFactory"/> the channel logs where the server
    /// logs, apart from failures of calls that the server has logged: see <see cref="ThriftServerBuilder.Logging"/>.
    /// </param>
    public ThriftChannel CreateChannel(ThriftChannelOptions? options = null)
    {
        var settled = (options ?? new ThriftChannelOptions()).Snapshot();
        var sharesLog = settled.LoggerFactory == NullLoggerFactory.Instance;
        if (sharesLog)
        {
            settled.LoggerFactory = Services.GetRequiredService<ILoggerFactory>();
        }

        var transport = new MemoryTransport(_application.Services, _runtime, settled, sharesLog);
        _transports.Add(transport);
        return ThriftChannel.ForTransport(transport, MemoryTransport.Name, settled);
    }

    /// <summary>Aborts running calls, and releases everything.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var transport in _transports)
        {
            await transport.DisposeAsync().ConfigureAwait(false);
        }

        await _application.DisposeAsync().ConfigureAwait(false);
    }
}
