using Microsoft.AspNetCore.Routing;
using Rx.ThriftStreams;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.AspNetCore.Dispatch;
using Rx.ThriftStreams.AspNetCore.Hosting;
using Rx.ThriftStreams.Contracts;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Forwards the calls of Thrift services to other servers.</summary>
/// <remarks>
/// Messages are forwarded as bytes, without their IDL, from any transport to any other; so are headers, trailers, metainfo, deadlines, cancellation and back-pressure, the statuses, business errors
/// and declared exceptions of the server. Failures on the way to the server become <see cref="ThriftStatusCode.Unavailable"/>, without their texts. Limits, authorization and middleware apply as for a
/// service that is handled here.
/// </remarks>
public static class ThriftProxyEndpointRouteBuilderExtensions
{
    /// <summary>Forwards the calls of all services and methods that are not mapped.</summary>
    /// <remarks>
    /// A call over gRPC does not say whether it is a stream: it is forwarded as one. A server that serves its method by ping-pong refuses it; map the proxy with the descriptor of the service then. Calls that
    /// name no service are refused unless <see cref="ThriftPingPongServerOptions.FallbackService"/> is set.
    /// </remarks>
    /// <param name="endpoints">The application.</param>
    /// <param name="channel">The other server. Not disposed.</param>
    /// <param name="options">What is forwarded; everything if <see langword="null"/>.</param>
    /// <returns>
    /// Adds conventions, for instance <c>RequireAuthorization()</c>, for all of these calls. Limits of <see cref="ThriftTrafficLimits.Services"/> for them have the name <c>*</c>.
    /// </returns>
    /// <exception cref="ArgumentException"><see cref="ThriftChannelOptions.FlowServerContext"/> of the channel is off.</exception>
    /// <exception cref="InvalidOperationException"><c>AddThriftStreams()</c> was not called, or unknown services have a handler.</exception>
    public static IEndpointConventionBuilder MapThriftProxy(this IEndpointRouteBuilder endpoints, ThriftChannel channel, ThriftProxyOptions? options = null)
        => MapAny(endpoints, string.Empty, RawFallback.AnyName, channel, options);

    /// <summary>Forwards the calls of one service, except those of methods that are mapped.</summary>
    /// <remarks>
    /// A call over gRPC does not say whether it is a stream: it is forwarded as one. A server that serves its method by ping-pong refuses it; map the proxy with the descriptor of the service then.
    /// </remarks>
    /// <param name="endpoints">The application.</param>
    /// <param name="service">The name of the service in the IDL, with the package of the gRPC path before it if there is one: <c>shop.Shop</c>.</param>
    /// <param name="channel">The other server. Not disposed.</param>
    /// <param name="options">What is forwarded; everything if <see langword="null"/>.</param>
    /// <returns>
    /// Adds conventions, for instance <c>RequireAuthorization()</c>, for all of these calls. Limits of <see cref="ThriftTrafficLimits.Services"/> for them have the name of the service.
    /// </returns>
    /// <exception cref="ArgumentException">The name is not one, or <see cref="ThriftChannelOptions.FlowServerContext"/> of the channel is off.</exception>
    /// <exception cref="InvalidOperationException"><c>AddThriftStreams()</c> was not called, or the service has a proxy.</exception>
    public static IEndpointConventionBuilder MapThriftProxy(this IEndpointRouteBuilder endpoints, string service, ThriftChannel channel, ThriftProxyOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(service);
        if (!ProxyNames.IsName(service) || service[^1] == '.')
        {
            throw new ArgumentException($"\"{service}\" is not the name of a service. Use the one of the IDL, with or without its package, such as shop.Shop.", nameof(service));
        }

        var dot = service.LastIndexOf('.');
        return MapAny(endpoints, service[..Math.Max(0, dot)], service[(dot + 1)..], channel, options);
    }

    /// <summary>Forwards the calls of a service whose methods are known, so that each of them is called as the other server serves it.</summary>
    /// <typeparam name="TService">The generated service interface.</typeparam>
    /// <param name="endpoints">The application.</param>
    /// <param name="channel">The other server. Not disposed.</param>
    /// <param name="options">What is forwarded; everything if <see langword="null"/>.</param>
    /// <returns>Adds conventions, for instance <c>RequireAuthorization()</c>, to all endpoints of the service.</returns>
    /// <exception cref="ArgumentException"><see cref="ThriftChannelOptions.FlowServerContext"/> of the channel is off.</exception>
    /// <exception cref="InvalidOperationException"><c>AddThriftStreams()</c> was not called, or a service of that name is mapped.</exception>
    public static IEndpointConventionBuilder MapThriftProxy<TService>(this IEndpointRouteBuilder endpoints, ThriftChannel channel, ThriftProxyOptions? options = null)
        where TService : class, IThriftService<TService>
        => endpoints.MapThriftProxy(TService.Descriptor, channel, options);

    /// <summary>Forwards the calls of a service that is described at run time, for instance by the schema that the other server returns.</summary>
    /// <inheritdoc cref="MapThriftProxy{TService}(IEndpointRouteBuilder, ThriftChannel, ThriftProxyOptions?)"/>
    /// <param name="endpoints">The application.</param>
    /// <param name="descriptor">The service's name and methods.</param>
    /// <param name="channel">The other server. Not disposed.</param>
    /// <param name="options">What is forwarded; everything if <see langword="null"/>.</param>
    public static IEndpointConventionBuilder MapThriftProxy<TService>(
        this IEndpointRouteBuilder endpoints,
        ThriftServiceDescriptor<TService> descriptor,
        ThriftChannel channel,
        ThriftProxyOptions? options = null)
        where TService : class
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(descriptor);
        ArgumentNullException.ThrowIfNull(channel);
        var runtime = ThriftServerRuntime.Of(endpoints.ServiceProvider);
        var target = new ProxyTarget(channel, options);

        // Of the messages only the bytes matter: methods without their types.
        var methods = MethodList<TService>.Of(descriptor).ToDictionary(
            static method => method.Name,
            ServerMethod (method) => new ProxyServerMethod(new(method.Package, method.ServiceName, method.Name, method.Mode, method.IsOneway, method.MemberName), target, runtime),
            StringComparer.Ordinal);
        return ThriftRoutes.MapService(endpoints, runtime, new(descriptor.Name, methods, descriptor.Package, () => descriptor.Schema), static method => [method]);
    }

    private static RouteGroupBuilder MapAny(IEndpointRouteBuilder endpoints, string package, string service, ThriftChannel channel, ThriftProxyOptions? options)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(channel);
        var runtime = ThriftServerRuntime.Of(endpoints.ServiceProvider);
        var target = new ProxyTarget(channel, options);
        return ThriftRoutes.MapFallback(endpoints, runtime, new RawFallback(package, service, runtime, (method, rules) => new ProxyServerMethod(method, target, runtime, rules)));
    }
}
