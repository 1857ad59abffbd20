using Rx.ThriftStreams.AspNetCore;
using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Rx.ThriftStreams.AspNetCore.Access;
using Rx.ThriftStreams.AspNetCore.Dispatch;
using Rx.ThriftStreams.AspNetCore.Hosting;
using Rx.ThriftStreams.AspNetCore.Transports.PingPong;
using Rx.ThriftStreams.Contracts;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps Thrift services to the endpoints of an application.</summary>
public static class ThriftEndpointRouteBuilderExtensions
{
    /// <summary>
    /// Serves a service: each of its methods becomes an endpoint <c>/package.Service/Method</c>. A caller may name any package, or none,
    /// unless <see cref="ThriftGrpcServerOptions.RequirePackage"/> is set.
    /// </summary>
    /// <typeparam name="TService">The generated service interface.</typeparam>
    /// <typeparam name="TImplementation">Implements it. Taken from the services of the call's scope if registered there, otherwise created for each call and disposed after it.</typeparam>
    /// <param name="endpoints">The application.</param>
    /// <returns>Adds conventions, for instance <c>RequireAuthorization()</c>, to all endpoints of the service.</returns>
    /// <example>
    /// <!-- sample: api-server -->
    /// <code>
    /// var builder = WebApplication.CreateSlimBuilder(args);
    /// builder.Services.AddThriftStreams();
    /// builder.WebHost.ConfigureKestrel(kestrel =&gt; kestrel.ListenLocalhost(8888, listen =&gt; listen.UseThriftStreams()));
    ///
    /// await using var app = builder.Build();
    /// app.MapThriftService&lt;ITestService, EchoService&gt;();
    /// await app.RunAsync();
    /// </code>
    /// </example>
    /// <exception cref="ArgumentNullException">An argument is <see langword="null"/>.</exception>
    /// <exception cref="InvalidOperationException">
    /// <c>AddThriftStreams()</c> was not called, a service of that name is mapped, or the constructor of the implementation needs something that is not registered.
    /// </exception>
    public static IEndpointConventionBuilder MapThriftService<
        TService,
        [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors | ServiceAttributes.Needed)] TImplementation>(this IEndpointRouteBuilder endpoints)
        where TService : class, IThriftService<TService>
        where TImplementation : class, TService
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ImplementationChecks.Validate(typeof(TImplementation), endpoints.ServiceProvider);
        return Map(endpoints, TService.Descriptor, typeof(TImplementation), ServiceFactory.Of<TImplementation>());
    }

    /// <summary>Serves a service with one object that handles all calls and must be thread-safe.</summary>
    /// <inheritdoc cref="MapThriftService{TService, TImplementation}(IEndpointRouteBuilder)"/>
    /// <param name="endpoints">The application.</param>
    /// <param name="implementation">Handles all calls.</param>
    public static IEndpointConventionBuilder MapThriftService<TService>(this IEndpointRouteBuilder endpoints, TService implementation)
        where TService : class, IThriftService<TService>
    {
        ArgumentNullException.ThrowIfNull(implementation);
        return Map(endpoints, TService.Descriptor, TypeOf(implementation), _ => implementation);
    }

    /// <summary>Serves a service that is described at run time, with one object that handles all calls and must be thread-safe.</summary>
    /// <typeparam name="TService">What the descriptor binds methods to.</typeparam>
    /// <param name="endpoints">The application.</param>
    /// <param name="descriptor">The service's name and methods.</param>
    /// <param name="implementation">Handles all calls. The attributes of its class apply to all methods.</param>
    /// <returns>Adds conventions, for instance <c>RequireAuthorization()</c>, to all endpoints of the service.</returns>
    /// <exception cref="ArgumentNullException">An argument is <see langword="null"/>.</exception>
    /// <exception cref="InvalidOperationException"><c>AddThriftStreams()</c> was not called, or a service of that name is mapped.</exception>
    public static IEndpointConventionBuilder MapThriftService<TService>(
        this IEndpointRouteBuilder endpoints,
        ThriftServiceDescriptor<TService> descriptor,
        TService implementation)
        where TService : class
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        ArgumentNullException.ThrowIfNull(implementation);
        return Map(endpoints, descriptor, null, _ => implementation).WithMetadata(implementation.GetType().GetCustomAttributes(inherit: true));
    }

    /// <summary>
    /// Serves all mapped services to clients of Apache Thrift over HTTP: POST with a Thrift message of any protocol as body, <c>application/x-thrift</c>.
    /// </summary>
    /// <remarks>
    /// Apache's clients speak HTTP/1.1, which a port with <c>UseThriftStreams()</c> does not: give the application another port. The headers of the request are the
    /// call's. A call that names no service, as <c>Service:method</c> would, is routed like one over Framed:
    /// if two services share a method, the host fails to start unless <see cref="ThriftPingPongServerOptions.FallbackService"/> or
    /// <see cref="ThriftPingPongServerOptions.RefuseWithoutServiceName"/> is set.
    /// </remarks>
    /// <param name="endpoints">The application.</param>
    /// <param name="pattern">The path.</param>
    /// <returns>Adds conventions, for instance <c>RequireAuthorization()</c>, to the endpoint.</returns>
    /// <exception cref="InvalidOperationException"><c>AddThriftStreams()</c> was not called.</exception>
    public static IEndpointConventionBuilder MapThriftHttp(this IEndpointRouteBuilder endpoints, string pattern = "/")
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        _ = ThriftServerRuntime.Of(endpoints.ServiceProvider);
        var handler = endpoints.ServiceProvider.GetRequiredService<HttpPingPongHandler>();
        handler.IsMapped = true;
        return endpoints.MapMethods(pattern, [HttpMethods.Post], new RequestDelegate(handler.InvokeAsync)).WithDisplayName("Thrift over HTTP")
            .WithMetadata(new CheckedEndpoint("Thrift over HTTP"));
    }

    /// <summary>
    /// Lets callers ask for the IDL of all mapped services, as gRPC's server reflection does: <c>thriftstreams call</c> and <c>ThriftSchema.LoadAsync</c> of
    /// Rx.ThriftStreams.Dynamic then need no files. Off by default, since it shows every service, also those that the caller may not call.
    /// </summary>
    /// <remarks>A service <c>ThriftStreamsDescribe</c> with a ping-pong method <c>DescribeServices</c>, served over every protocol. The IDL has no comments.</remarks>
    /// <param name="endpoints">The application.</param>
    /// <returns>Adds conventions, for instance <c>RequireAuthorization()</c>, to the endpoint.</returns>
    /// <exception cref="InvalidOperationException"><c>AddThriftStreams()</c> was not called.</exception>
    public static IEndpointConventionBuilder MapThriftDescribe(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        var registry = ThriftServerRuntime.Of(endpoints.ServiceProvider).Services;
        return endpoints.MapThriftService(DescribeService.Descriptor, new DescribeService(registry));
    }

    /// <summary>
    /// Handles the calls of services and methods that are not mapped, on every transport: a proxy forwards them to another server, bytes in and bytes out. Without a fallback they are
    /// answered as unknown.
    /// </summary>
    /// <param name="endpoints">The application.</param>
    /// <param name="handler">Handles the calls; must be thread-safe.</param>
    /// <returns>
    /// Adds conventions, for instance <c>RequireAuthorization()</c>, for all of these calls. Limits of <see cref="ThriftTrafficLimits.Services"/> for them have the name
    /// <c>*</c>.
    /// </returns>
    /// <exception cref="InvalidOperationException"><c>AddThriftStreams()</c> was not called, or there is a fallback.</exception>
    public static IEndpointConventionBuilder MapThriftFallback(this IEndpointRouteBuilder endpoints, ThriftRawHandler handler)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(handler);
        var runtime = ThriftServerRuntime.Of(endpoints.ServiceProvider);
        return ThriftRoutes.MapFallback(
            endpoints, runtime, new RawFallback(string.Empty, RawFallback.AnyName, runtime, (method, rules) => new RawServerMethod(method, runtime, handler, rules)));
    }

    private static RouteGroupBuilder Map<TService>(
        IEndpointRouteBuilder endpoints,
        ThriftServiceDescriptor<TService> descriptor,
        [DynamicallyAccessedMembers(ServiceAttributes.Needed)] Type? implementation,
        Func<IServiceProvider, TService> activate)
        where TService : class
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        var runtime = ThriftServerRuntime.Of(endpoints.ServiceProvider);
        var binder = new ServerMethodBinder<TService>(activate, runtime);
        descriptor.Bind(binder);
        return ThriftRoutes.MapService(
            endpoints,
            runtime,
            new(descriptor.Name, binder.Methods, descriptor.Package, () => descriptor.Schema),
            method => implementation is null ? [method] : [method, .. ServiceAttributes.Of(implementation, method)]);
    }

    /// <summary>By the interface, whose implementations keep their members when an application is trimmed.</summary>
    [return: DynamicallyAccessedMembers(ServiceAttributes.Needed)]
    private static Type TypeOf<TService>(IThriftService<TService> implementation)
        where TService : class, IThriftService<TService> => implementation.GetType();
}
