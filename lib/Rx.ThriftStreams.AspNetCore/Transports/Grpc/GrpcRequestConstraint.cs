using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Rx.ThriftStreams.AspNetCore.Transports.Grpc;

/// <summary>
/// Selects gRPC requests only. Without it the route for unknown methods would match every URL of the host, and middleware that comes back for a matched
/// endpoint, such as that for static files, would serve nothing.
/// </summary>
internal sealed class GrpcRequestConstraint : IRouteConstraint
{
    public bool Match(HttpContext? httpContext, IRouter? route, string routeKey, RouteValueDictionary values, RouteDirection routeDirection)
        => httpContext is { Request: { } request } && HttpMethods.IsPost(request.Method) && GrpcRequestHandler.IsGrpc(request);
}
