using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rx.ThriftStreams.AspNetCore.Access;
using Rx.ThriftStreams.AspNetCore.Hosting;
using Rx.ThriftStreams.Contracts;

namespace Rx.ThriftStreams.AspNetCore;

/// <summary>What a <see cref="ThriftServer"/> serves and how.</summary>
public sealed class ThriftServerBuilder
{
    private readonly List<Action<IEndpointRouteBuilder>> _maps = [];
    private readonly List<Action<IServiceCollection>> _services = [];
    private readonly List<(EndPoint EndPoint, ThriftProtocols Protocols, Action<ListenOptions>? Configure)> _endpoints = [];
    private ThriftProtocols _protocols = ThriftProtocols.All;
    private Action<ListenOptions>? _tls;

    /// <summary>Serves a service with one object that handles all calls and must be thread-safe.</summary>
    /// <typeparam name="TService">The generated service interface.</typeparam>
    /// <param name="implementation">Handles all calls.</param>
    /// <param name="configure">Adds conventions to the endpoints of the service, for instance <c>RequireAuthorization()</c>.</param>
    /// <returns>This builder.</returns>
    public ThriftServerBuilder AddService<TService>(TService implementation, Action<IEndpointConventionBuilder>? configure = null)
        where TService : class, IThriftService<TService>
    {
        _maps.Add(endpoints => Configure(endpoints.MapThriftService(implementation), configure));
        return this;
    }

    /// <summary>Serves a service by a class: an object of it is made for each call unless it is registered with <see cref="Services"/>.</summary>
    /// <typeparam name="TService">The generated service interface.</typeparam>
    /// <typeparam name="TImplementation">Implements it.</typeparam>
    /// <param name="configure">Adds conventions to the endpoints of the service, for instance <c>RequireAuthorization()</c>.</param>
    /// <returns>This builder.</returns>
    public ThriftServerBuilder AddService<
        TService,
        [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors | ServiceAttributes.Needed)] TImplementation>(
        Action<IEndpointConventionBuilder>? configure = null)
        where TService : class, IThriftService<TService>
        where TImplementation : class, TService
    {
        _maps.Add(endpoints => Configure(endpoints.MapThriftService<TService, TImplementation>(), configure));
        return this;
    }

    /// <summary>Serves a service that is described at run time, with one object that handles all calls and must be thread-safe.</summary>
    /// <typeparam name="TService">What the descriptor binds methods to.</typeparam>
    /// <param name="descriptor">The service's name and methods.</param>
    /// <param name="implementation">Handles all calls.</param>
    /// <param name="configure">Adds conventions to the endpoints of the service, for instance <c>RequireAuthorization()</c>.</param>
    /// <returns>This builder.</returns>
    public ThriftServerBuilder AddService<TService>(
        ThriftServiceDescriptor<TService> descriptor,
        TService implementation,
        Action<IEndpointConventionBuilder>? configure = null)
        where TService : class
    {
        _maps.Add(endpoints => Configure(endpoints.MapThriftService(descriptor, implementation), configure));
        return this;
    }

    /// <summary>Lets callers ask for the IDL of all services, as gRPC's server reflection does.</summary>
    /// <param name="configure">Adds conventions to the endpoint, for instance <c>RequireAuthorization()</c>.</param>
    /// <returns>This builder.</returns>
    public ThriftServerBuilder AddDescribe(Action<IEndpointConventionBuilder>? configure = null)
    {
        _maps.Add(endpoints => Configure(endpoints.MapThriftDescribe(), configure));
        return this;
    }

    /// <summary>Handles the calls of services and methods that are not added, for instance to pass them on to another server.</summary>
    /// <param name="handler">Handles the calls; must be thread-safe.</param>
    /// <param name="configure">Adds conventions for all of these calls, for instance <c>RequireAuthorization()</c>.</param>
    /// <returns>This builder.</returns>
    public ThriftServerBuilder AddFallback(ThriftRawHandler handler, Action<IEndpointConventionBuilder>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(handler);
        _maps.Add(endpoints => Configure(endpoints.MapThriftFallback(handler), configure));
        return this;
    }

    /// <summary>Maps what the other methods of this builder do not, for instance a proxy by <c>MapThriftProxy</c>.</summary>
    /// <param name="map">Maps it. Called when the server starts.</param>
    /// <returns>This builder.</returns>
    public ThriftServerBuilder Map(Action<IEndpointRouteBuilder> map)
    {
        ArgumentNullException.ThrowIfNull(map);
        _maps.Add(map);
        return this;
    }

    /// <summary>Serves <c>grpc.health.v1</c> beside the services, as <c>MapThriftHealth</c> describes. Health checks are added by <see cref="Services"/>.</summary>
    /// <returns>This builder.</returns>
    public ThriftServerBuilder AddHealth()
    {
        _maps.Add(static endpoints => endpoints.MapThriftHealth());
        return this;
    }

    /// <summary>Listens on another endpoint as well, with the same services.</summary>
    /// <param name="endpoint">Where to listen, as for <see cref="ThriftServer.StartAsync"/>. <see cref="ThriftServer.Addresses"/> has the real port where 0 was asked for.</param>
    /// <param name="protocols">The protocols that this endpoint speaks; at least one. Those of <see cref="UseProtocols"/> do not apply to it.</param>
    /// <param name="configure">Changes the endpoint, for instance by <c>UseHttps</c>; <see langword="null"/> for clear text. <c>UseTls</c> does not apply to it.</param>
    /// <returns>This builder.</returns>
    /// <exception cref="FormatException">The endpoint is not of the form <c>address:port</c> or <c>unix:/path</c>.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The value names no protocol, or an unknown one.</exception>
    public ThriftServerBuilder Listen(string endpoint, ThriftProtocols protocols = ThriftProtocols.All, Action<ListenOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        ProtocolChecks.ThrowIfNone(protocols);
        _endpoints.Add((ListenAddress.Parse(endpoint), protocols, configure));
        return this;
    }

    /// <summary>Restricts the protocols that the first endpoint of the server speaks. Default: all.</summary>
    /// <param name="protocols">The protocols; at least one.</param>
    /// <returns>This builder.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The value names no protocol, or an unknown one.</exception>
    public ThriftServerBuilder UseProtocols(ThriftProtocols protocols)
    {
        ProtocolChecks.ThrowIfNone(protocols);
        _protocols = protocols;
        return this;
    }

    /// <summary>Serves over TLS instead of clear text, whatever the protocol inside.</summary>
    /// <param name="certificate">The server's certificate, with its private key. The server does not dispose it.</param>
    /// <returns>This builder.</returns>
    public ThriftServerBuilder UseTls(X509Certificate2 certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        return UseTls(tls => tls.ServerCertificate = certificate);
    }

    /// <summary>Serves over TLS instead of clear text, with a certificate that may be replaced while the server runs.</summary>
    /// <param name="certificatePath">A PEM file with the certificate and, after it, those that signed it.</param>
    /// <param name="keyPath">A PEM file with its private key.</param>
    /// <param name="configure">Changes how, for instance whether clients present a certificate.</param>
    /// <returns>This builder.</returns>
    /// <remarks>The files are read when the server starts, and again at most every 10 s, when a connection comes. Connections keep the certificate that they began with.</remarks>
    public ThriftServerBuilder UseTls(string certificatePath, string keyPath, Action<HttpsConnectionAdapterOptions>? configure = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(certificatePath);
        ArgumentException.ThrowIfNullOrEmpty(keyPath);
        _tls = listen => listen.UseTls(certificatePath, keyPath, configure);
        return this;
    }

    /// <summary>Serves over TLS instead of clear text, as Kestrel's settings say.</summary>
    /// <param name="configure">
    /// Sets the certificate, or a selector that returns one for each connection by the name that the client asks for (SNI); and whether clients present a
    /// certificate, and which are valid.
    /// </param>
    /// <returns>This builder.</returns>
    public ThriftServerBuilder UseTls(Action<HttpsConnectionAdapterOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        _tls = listen => listen.UseHttps(configure);
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

    /// <summary>Where the server listens beside its first endpoint.</summary>
    internal IEnumerable<EndPoint> MoreEndpoints => _endpoints.Select(static endpoint => endpoint.EndPoint);

    internal void ConfigureKestrel(KestrelServerOptions kestrel, EndPoint first)
    {
        kestrel.Listen(first, ConfigureEndpoint);
        foreach (var (endpoint, protocols, configure) in _endpoints)
        {
            kestrel.Listen(endpoint, listen =>
            {
                configure?.Invoke(listen);
                listen.UseThriftStreams(protocols);
            });
        }
    }

    private void ConfigureEndpoint(ListenOptions listen)
    {
        _tls?.Invoke(listen);
        listen.UseThriftStreams(_protocols);
    }

    internal void MapServices(IEndpointRouteBuilder endpoints) => _maps.ForEach(map => map(endpoints));

    private static void Configure(IEndpointConventionBuilder service, Action<IEndpointConventionBuilder>? configure) => configure?.Invoke(service);
}
