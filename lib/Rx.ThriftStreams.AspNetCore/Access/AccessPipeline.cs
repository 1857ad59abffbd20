using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Rx.ThriftStreams.AspNetCore.Access;

/// <summary>
/// ASP.NET Core's middleware for authentication, rate limiting and authorization, in this order, around a call that did not arrive over HTTP. It is the middleware
/// itself, so that schemes, policies and handlers of its results work as they do for HTTP.
/// </summary>
internal sealed class AccessPipeline
{
    private readonly RequestDelegate _run;

    private AccessPipeline(RequestDelegate run) => _run = run;

    /// <summary>Makes a pipeline.</summary>
    /// <param name="services">The host's services. Authentication and authorization take part if they are registered.</param>
    /// <param name="limitsRates">Whether rate limiting takes part.</param>
    /// <exception cref="InvalidOperationException">A service that the middleware needs is not registered.</exception>
    internal static AccessPipeline Create(IServiceProvider services, bool limitsRates)
    {
        var builder = new ApplicationBuilder(services);
        Use(builder, limitsRates);
        builder.Run(static http => http.Features.GetRequiredFeature<Passage>().PassAsync(http));
        return new(builder.Build());
    }

    /// <summary>Adds the middleware to an application.</summary>
    internal static void Use(IApplicationBuilder builder, bool limitsRates)
    {
        var services = builder.ApplicationServices;
        if (services.GetService<IAuthenticationSchemeProvider>() is not null)
        {
            builder.UseAuthentication();
        }

        if (limitsRates)
        {
            builder.UseRateLimiter();
        }

        if (services.GetService<IAuthorizationPolicyProvider>() is not null)
        {
            builder.UseAuthorization();
        }
    }

    /// <summary>Runs the next step if the call is authorized.</summary>
    /// <param name="http">The call.</param>
    /// <param name="next">What follows.</param>
    /// <param name="isCurrent">Whether <see cref="IHttpContextAccessor"/> returns this context meanwhile. Setting it clears the one before.</param>
    /// <returns><see langword="false"/> if it is not; the response has the reason.</returns>
    internal async ValueTask<bool> RunAsync(HttpContext http, Func<CallIdentity, ValueTask> next, bool isCurrent)
    {
        var passage = new Passage(next);
        http.Features.Set(passage);
        var accessor = isCurrent ? http.RequestServices.GetService<IHttpContextAccessor>() : null;
        if (accessor is not null)
        {
            accessor.HttpContext = http;
        }

        try
        {
            await _run(http).ConfigureAwait(false);
        }
        finally
        {
            if (accessor is not null)
            {
                accessor.HttpContext = null;
            }
        }

        return passage.IsPassed;
    }

    /// <summary>The end of the pipeline for one call.</summary>
    private sealed class Passage(Func<CallIdentity, ValueTask> next)
    {
        internal bool IsPassed { get; private set; }

        internal async Task PassAsync(HttpContext http)
        {
            IsPassed = true;
            await next(CallIdentity.Of(http)).ConfigureAwait(false);
        }
    }
}
