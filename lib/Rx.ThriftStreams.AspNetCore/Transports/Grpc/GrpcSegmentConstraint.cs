using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Rx.ThriftStreams.AspNetCore.Transports.Grpc;

/// <summary>A segment of a path that must be exactly so, case included, and have been sent so; the service's may have any package before it.</summary>
internal sealed class GrpcSegmentConstraint(string name, bool allowPackage) : IRouteConstraint
{
    public bool Match(HttpContext? httpContext, IRouter? route, string routeKey, RouteValueDictionary values, RouteDirection routeDirection)
    {
        if (values[routeKey] is not string segment || (httpContext is not null && !GrpcPath.IsLiteral(httpContext)))
        {
            return false;
        }

        var start = allowPackage ? segment.LastIndexOf('.') + 1 : 0;
        return segment.AsSpan(start).SequenceEqual(name);
    }
}
