using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Rx.ThriftStreams.AspNetCore.Access;
using Rx.ThriftStreams.AspNetCore.Dispatch;
using Rx.ThriftStreams.AspNetCore.Protection;
using Rx.ThriftStreams.AspNetCore.Transports.Grpc;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.AspNetCore.Hosting;

/// <summary>
/// Has ASP.NET Core's rate limiter refuse calls of Thrift services in their own terms: a client of gRPC takes the status 503 of HTTP for an outage of the server, and
/// tries again at once.
/// </summary>
internal sealed class RateLimiterRefusals(IServiceProvider services) : IPostConfigureOptions<RateLimiterOptions>
{
    public void PostConfigure(string? name, RateLimiterOptions options)
    {
        var own = options.OnRejected;
        options.OnRejected = async (rejected, cancellationToken) =>
        {
            if (own is not null)
            {
                await own(rejected, cancellationToken).ConfigureAwait(false);
            }

            var http = rejected.HttpContext;
            if (http.GetEndpoint()?.Metadata.GetMetadata<ThriftMethod>() is { } method && !http.Response.HasStarted)
            {
                await RefuseAsync(http, method).ConfigureAwait(false);
            }
        };
    }

    private async ValueTask RefuseAsync(HttpContext http, ThriftMethod method)
    {
        // Where the call did not arrive over HTTP, what evaluates its response looks for this.
        http.Features.Set(RateRefusal.Instance);
        if (GrpcRequestHandler.IsGrpc(http.Request))
        {
            var runtime = services.GetRequiredService<ThriftServerRuntime>();
            var refused = new RefusedException(RefusalKind.Limiter);
            Refusals.Report(runtime.Logger, runtime.Entries, method, refused, PeerName.Of(http.Connection.RemoteIpAddress, http.Connection.RemotePort).Text);
            http.Response.StatusCode = StatusCodes.Status200OK;
            await new GrpcRequestHandler(runtime).FailAsync(http, refused).ConfigureAwait(false);
        }
    }
}
