using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Rx.ThriftStreams.AspNetCore.Dispatch;
using Rx.ThriftStreams.AspNetCore.Transports.Grpc;
using Rx.ThriftStreams.Contracts;

namespace Rx.ThriftStreams.AspNetCore.Hosting;

/// <summary>The routes of Thrift services. Over gRPC they find the method of a call; for all transports their endpoints hold its conventions.</summary>
internal static class ThriftRoutes
{
    // Routes of methods come first, then those for one service, those for all, and the refusal.
    private const int ServiceOrder = int.MaxValue - 2;
    private const int AnyOrder = int.MaxValue - 1;

    /// <summary>Maps the methods of a service.</summary>
    /// <param name="endpoints">The application.</param>
    /// <param name="runtime">The host.</param>
    /// <param name="service">The service.</param>
    /// <param name="metadataOf">Returns the metadata of a method's endpoint.</param>
    internal static RouteGroupBuilder MapService(IEndpointRouteBuilder endpoints, ThriftServerRuntime runtime, RegisteredService service, Func<ThriftMethod, object[]> metadataOf)
    {
        runtime.Access.AddSource(endpoints);
        runtime.Services.Add(service);

        var handler = new GrpcRequestHandler(runtime);
        var group = endpoints.MapGroup(string.Empty);
        foreach (var method in service.Methods.Values)
        {
            group.Map(PatternFor(method.Method, runtime.Options.Grpc.RequirePackage), http => handler.InvokeAsync(http, method))
                .WithDisplayName($"Thrift {method.Method.FullName}")
                .WithMetadata(metadataOf(method.Method))
                .Finally(endpoint => method.Configure(endpoint.Metadata, endpoint.ApplicationServices));
        }

        MapRefusalOnce(endpoints, handler);
        return group;
    }

    /// <summary>Maps calls to unknown methods.</summary>
    /// <exception cref="InvalidOperationException">They are mapped.</exception>
    internal static RouteGroupBuilder MapFallback(IEndpointRouteBuilder endpoints, ThriftServerRuntime runtime, RawFallback fallback)
    {
        runtime.Fallbacks.Add(fallback);
        runtime.Access.AddSource(endpoints);
        var isForAll = fallback.Service == RawFallback.AnyName;
        var handler = new GrpcRequestHandler(runtime);
        var group = endpoints.MapGroup(string.Empty);
        var endpoint = group.Map(isForAll ? AnyGrpcRequest() : AnyMethodOf(fallback.Any, runtime.Options.Grpc.RequirePackage), new RequestDelegate(handler.ForwardAsync))
            .WithDisplayName(isForAll ? "Thrift: handler of unknown services" : $"Thrift: proxy of {fallback.Service}")
            .WithMetadata(fallback.Any);
        endpoint.Add(builder => ((RouteEndpointBuilder)builder).Order = isForAll ? AnyOrder : ServiceOrder);
        endpoint.Finally(builder => fallback.Configure(builder.Metadata, builder.ApplicationServices));
        MapRefusalOnce(endpoints, handler);
        return group;
    }

    // The raw texts are what telemetry and logs of ASP.NET Core show as the route.
    private static RoutePattern PatternFor(ThriftMethod method, bool requirePackage) => RoutePatternFactory.Pattern(
        $"/{method.FullName}",
        ServiceSegment(method, requirePackage),
        RoutePatternFactory.Segment(RoutePatternFactory.ParameterPart(
            "method", null, RoutePatternParameterKind.Standard, RoutePatternFactory.ParameterPolicy(new GrpcSegmentConstraint(method.Name, allowPackage: false)))));

    private static RoutePatternPathSegment ServiceSegment(ThriftMethod method, bool requirePackage) => RoutePatternFactory.Segment(RoutePatternFactory.ParameterPart(
        "service", null, RoutePatternParameterKind.Standard, RoutePatternFactory.ParameterPolicy(ServiceConstraint(method, requirePackage))));

    private static GrpcSegmentConstraint ServiceConstraint(ThriftMethod method, bool requirePackage) => requirePackage
        ? new(method.FullName[..method.FullName.IndexOf('/')], allowPackage: false)
        : new(method.ServiceName, allowPackage: true);

    private static RoutePattern AnyMethodOf(ThriftMethod any, bool requirePackage) => RoutePatternFactory.Pattern(
        $"/{any.ServiceName}/{{method}}",
        ServiceSegment(any, requirePackage),
        RoutePatternFactory.Segment(RoutePatternFactory.ParameterPart(
            "method", null, RoutePatternParameterKind.Standard, RoutePatternFactory.ParameterPolicy(new GrpcRequestConstraint()))));

    /// <summary>gRPC calls that match no method are answered with a gRPC status; other requests are left to the rest of the application.</summary>
    private static void MapRefusalOnce(IEndpointRouteBuilder endpoints, GrpcRequestHandler handler)
    {
        const string Name = "Thrift: unknown service or method";
        if (endpoints.DataSources.Any(static source => source.Endpoints.Any(static endpoint => endpoint.DisplayName == Name)))
        {
            return;
        }

        endpoints.Map(AnyGrpcRequest(), handler.RejectAsync).WithDisplayName(Name).Add(static builder => ((RouteEndpointBuilder)builder).Order = int.MaxValue);
    }

    private static RoutePattern AnyGrpcRequest() => RoutePatternFactory.Pattern("/{**path}", RoutePatternFactory.Segment(RoutePatternFactory.ParameterPart(
        "path", null, RoutePatternParameterKind.CatchAll, RoutePatternFactory.ParameterPolicy(new GrpcRequestConstraint()))));
}
