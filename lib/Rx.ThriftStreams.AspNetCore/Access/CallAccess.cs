using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Transport;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.AspNetCore.Access;

/// <summary>The checks that calls of one method must pass if they did not arrive over HTTP. The metadata of the method's endpoint decides, as it does for HTTP.</summary>
/// <param name="method">The method.</param>
/// <param name="endpoint">Its endpoint.</param>
/// <param name="reach">Where it is served.</param>
/// <param name="hosts">The hosts to which it is restricted; <see langword="null"/> for none.</param>
/// <param name="pipeline">What authenticates and authorizes; <see langword="null"/> if the host does neither.</param>
/// <param name="renewal">The same for credentials that come later; <see langword="null"/> if the host does not authenticate.</param>
internal sealed class CallAccess(ThriftMethod method, Endpoint endpoint, Reach reach, HostRule? hosts, AccessPipeline? pipeline, AccessPipeline? renewal)
{
    /// <summary>Whether there is nothing to evaluate.</summary>
    internal bool IsOpen => hosts is null && pipeline is null;

    /// <summary>Whether callers must name one of the hosts to which the method is restricted.</summary>
    internal bool RequiresHost => hosts is not null;

    /// <summary>Whether the method is served over any of these protocols on that port; port 0 stands for any.</summary>
    internal bool IsServed(ThriftProtocols protocols, int port) => reach.Includes(protocols, port);

    /// <summary>The same checks for another method.</summary>
    internal CallAccess For(ThriftMethod other) => new(other, endpoint, reach, hosts, pipeline, renewal);

    /// <summary>Handles a call if its caller is authorized.</summary>
    /// <param name="call">The call.</param>
    /// <param name="services">Its scope.</param>
    /// <param name="handle">Handles it.</param>
    /// <param name="cancellationToken">Cancelled when the call ends.</param>
    /// <exception cref="RouteException">The method is not served under the host that the caller addressed.</exception>
    /// <exception cref="ThriftStatusException">The caller may not call the method.</exception>
    /// <exception cref="RefusedException">The rate limiter rejected the call.</exception>
    internal async ValueTask AdmitAsync(
        ServerTransportCall call,
        IServiceProvider services,
        Func<CallIdentity, ValueTask> handle,
        CancellationToken cancellationToken)
    {
        var http = CallHttpContext.Create(endpoint, method, call, services, cancellationToken);
        if (hosts?.Allows(http.Request.Host, http.Request.IsHttps) == false)
        {
            throw new RouteException(RouteFault.UnknownMethod, method.ServiceName, method.Name);
        }

        if (pipeline is null)
        {
            await handle(CallIdentity.Anonymous).ConfigureAwait(false);
        }
        else if (!await pipeline.RunAsync(http, handle, isCurrent: true).ConfigureAwait(false))
        {
            throw await AccessRefusal.OfAsync(http, method).ConfigureAwait(false);
        }
    }

    /// <summary>Authenticates and authorizes credentials that take the place of those that the call came with.</summary>
    /// <exception cref="InvalidOperationException">The host does not authenticate.</exception>
    /// <exception cref="ThriftStatusException">The credentials are not valid, or do not permit the call.</exception>
    internal async ValueTask<CallIdentity> RenewAsync(ServerTransportCall call, IServiceProvider services, string authorization, CancellationToken cancellationToken)
    {
        if (renewal is null)
        {
            throw new InvalidOperationException("Credentials cannot be renewed: the host has no authentication. Call builder.Services.AddAuthentication().");
        }

        // Handlers of schemes keep their result for the life of a scope.
        var scope = services.CreateAsyncScope();
        await using (scope.ConfigureAwait(false))
        {
            var http = CallHttpContext.Create(endpoint, method, call, scope.ServiceProvider, cancellationToken);
            http.Request.Headers.Authorization = authorization;
            var renewed = CallIdentity.Anonymous;
            var isAllowed = await renewal.RunAsync(
                http,
                identity =>
                {
                    renewed = identity;
                    return default;
                },
                isCurrent: false).ConfigureAwait(false);
            return !isAllowed ? throw await AccessRefusal.OfAsync(http, method).ConfigureAwait(false)
                : renewed.User.Identity?.IsAuthenticated == true ? renewed
                : throw AccessRefusal.Unauthenticated(method);
        }
    }
}
