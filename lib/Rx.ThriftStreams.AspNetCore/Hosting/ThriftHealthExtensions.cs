using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rx.ThriftStreams.AspNetCore.Access;
using Rx.ThriftStreams.AspNetCore.Dispatch;
using Rx.ThriftStreams.AspNetCore.Health;
using Rx.ThriftStreams.Wire;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Serves the state of Thrift services to probes, load balancers and clients.</summary>
public static class ThriftHealthExtensions
{
    /// <summary>
    /// Serves <c>grpc.health.v1.Health</c>, <c>Check</c> and <c>Watch</c>, on every port that speaks gRPC. A service is SERVING unless a health check of the host is unhealthy, or
    /// the server stops. The names are those of the mapped services, with their package or without; the empty name stands for the server.
    /// </summary>
    /// <remarks>
    /// Health checks are those of <c>services.AddHealthChecks()</c>, if there are any. A check whose tags include names of services affects only those. Checks run at most
    /// once a second, regardless of the number of callers; watchers learn of a change within 5 s, and of the stop immediately. Callers need no credentials unless a convention
    /// or a fallback policy asks for them: add <c>AllowAnonymous()</c> then.
    /// </remarks>
    /// <param name="endpoints">The application.</param>
    /// <returns>Adds conventions to both endpoints.</returns>
    /// <exception cref="InvalidOperationException"><c>AddThriftStreams()</c> was not called.</exception>
    public static IEndpointConventionBuilder MapThriftHealth(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        var handler = new HealthHandler(new HealthState(ThriftServerRuntime.Of(endpoints.ServiceProvider), endpoints.ServiceProvider));
        var group = endpoints.MapGroup("/" + HealthProtocol.Service);
        group.MapMethods("Check", [HttpMethods.Post], new RequestDelegate(handler.CheckAsync)).WithDisplayName("gRPC health: Check");
        group.MapMethods("Watch", [HttpMethods.Post], new RequestDelegate(handler.WatchAsync)).WithDisplayName("gRPC health: Watch");
        group.WithMetadata(new CheckedEndpoint(HealthProtocol.Service));
        return group;
    }
}
