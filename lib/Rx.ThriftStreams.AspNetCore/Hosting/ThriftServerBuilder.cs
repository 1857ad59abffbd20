using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rx.ThriftStreams.Contracts;

namespace Rx.ThriftStreams.AspNetCore;

/// <summary>What a <see cref="ThriftServer"/> serves and how.</summary>
public sealed class ThriftServerBuilder
{
    private readonly List<Action<IEndpointRouteBuilder>> _maps = [];
    private readonly List<Action<IServiceCollection>> _services = [];
    private X509Certificate2? _certificate;

    /// <summary>Serves a service with one object that handles all calls and must be thread-safe.</summary>
    /// <typeparam name="TService">The generated service interface.</typeparam>
    /// <param name="implementation">Handles all calls.</param>
    /// <returns>This builder.</returns>
    public ThriftServerBuilder AddService<TService>(TService implementation)
        where TService : class, IThriftService<TService>
    {
        _maps.Add(endpoints => endpoints.MapThriftService(implementation));
        return this;
    }

    /// <summary>Serves a service by a class: an object of it is made for each call unless it is registered with <see cref="Services"/>.</summary>
    /// <typeparam name="TService">The generated service interface.</typeparam>
    /// <typeparam name="TImplementation">Implements it.</typeparam>
    /// <returns>This builder.</returns>
    public ThriftServerBuilder AddService<
        TService,
        [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TImplementation>()
        where TService : class, IThriftService<TService>
        where TImplementation : class, TService
    {
        _maps.Add(static endpoints => endpoints.MapThriftService<TService, TImplementation>());
        return this;
    }

    /// <summary>Serves over TLS instead of clear text, whatever the protocol inside.</summary>
    /// <param name="certificate">The server's certificate, with its private key. The server does not dispose it.</param>
    /// <returns>This builder.</returns>
    public ThriftServerBuilder UseTls(X509Certificate2 certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        _certificate = certificate;
        return this;
    }

    /// <summary>Changes the settings of the services.</summary>
    /// <param name="configure">Changes them.</param>
    /// <returns>This builder.</returns>
    public ThriftServerBuilder Configure(Action<ThriftServerOptions> configure) => Services(services => services.Configure(configure));

    /// <summary>Registers what implementations need.</summary>
    /// <param name="configure">Registers it.</param>
    /// <returns>This builder.</returns>
    public ThriftServerBuilder Services(Action<IServiceCollection> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        _services.Add(configure);
        return this;
    }

    /// <summary>Sets up logging. Default: nothing is logged.</summary>
    /// <param name="configure">Sets it up.</param>
    /// <returns>This builder.</returns>
    public ThriftServerBuilder Logging(Action<ILoggingBuilder> configure) => Services(services => services.AddLogging(configure));

    internal void ConfigureServices(IServiceCollection services) => _services.ForEach(configure => configure(services));

    internal void ConfigureEndpoint(ListenOptions listen)
    {
        if (_certificate is { } certificate)
        {
            listen.UseHttps(certificate);
        }

        listen.UseThriftStreams();
    }

    internal void MapServices(IEndpointRouteBuilder endpoints) => _maps.ForEach(map => map(endpoints));
}
