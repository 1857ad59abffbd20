using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.AspNetCore.Access;

/// <summary>The status of a call that was refused: the one that a gRPC client derives from the same HTTP response.</summary>
internal static class AccessRefusal
{
    /// <param name="method">The method that was called.</param>
    /// <param name="cause">Why its credentials are not valid, for the log of the server; <see langword="null"/> if there are none.</param>
    internal static ThriftStatusException Unauthenticated(ThriftMethod method, Exception? cause = null) => new(
        ThriftStatusCode.Unauthenticated, $"The caller of {method.FullName} is not authenticated: the call has no valid credentials.", cause);

    /// <summary>The error of a call that the pipeline has refused. The reason of a scheme is its inner exception, which stays on the server.</summary>
    internal static async ValueTask<ThriftException> OfAsync(HttpContext http, ThriftMethod method)
        => Of(http.Response, method) is var refusal && refusal.StatusCode == ThriftStatusCode.Unauthenticated
            ? Unauthenticated(method, await FailureOfAsync(http).ConfigureAwait(false))
            : refusal;

    /// <summary>Why a scheme found the credentials of a call invalid. The middleware does not pass that on, but handlers keep their result for the life of a scope.</summary>
    private static async ValueTask<Exception?> FailureOfAsync(HttpContext http)
    {
        foreach (var scheme in await SchemesOfAsync(http).ConfigureAwait(false))
        {
            if (await http.AuthenticateAsync(scheme).ConfigureAwait(false) is { Failure: { } failure })
            {
                return failure;
            }
        }

        return null;
    }

    /// <summary>The schemes that authenticated the call: those of its policy, else the default.</summary>
    private static async ValueTask<IReadOnlyList<string>> SchemesOfAsync(HttpContext http)
    {
        var services = http.RequestServices;
        if (services.GetService<IAuthenticationSchemeProvider>() is not { } schemes)
        {
            return [];
        }

        if (services.GetService<IAuthorizationPolicyProvider>() is { } policies && http.GetEndpoint()?.Metadata is { } metadata
            && await AuthorizationPolicy.CombineAsync(policies, metadata.GetOrderedMetadata<IAuthorizeData>(), metadata.GetOrderedMetadata<AuthorizationPolicy>()).ConfigureAwait(false)
                is { AuthenticationSchemes: { Count: > 0 } own })
        {
            return own;
        }

        return await schemes.GetDefaultAuthenticateSchemeAsync().ConfigureAwait(false) is { } usual ? [usual.Name] : [];
    }

    private static ThriftException Of(HttpResponse response, ThriftMethod method) => response.StatusCode switch
    {
        _ when response.HttpContext.Features.Get<RateRefusal>() is not null => new RefusedException(RefusalKind.Limiter),

        // A scheme for browsers redirects to a page where users sign in.
        StatusCodes.Status401Unauthorized or (>= 300 and < 400) => Unauthenticated(method),
        StatusCodes.Status403Forbidden or (>= 200 and < 300) => new ThriftStatusException(
            ThriftStatusCode.PermissionDenied, $"The caller may not call {method.FullName}."),
        StatusCodes.Status404NotFound => new ThriftStatusException(ThriftStatusCode.Unimplemented, $"{method.FullName} was not found."),
        StatusCodes.Status429TooManyRequests or StatusCodes.Status502BadGateway or StatusCodes.Status503ServiceUnavailable or StatusCodes.Status504GatewayTimeout
            => new ThriftStatusException(ThriftStatusCode.Unavailable, $"The server takes no more calls of {method.FullName} now. Call again later."),
        StatusCodes.Status400BadRequest => new ThriftStatusException(ThriftStatusCode.Internal, $"The call of {method.FullName} was refused as malformed."),
        var other => new ThriftStatusException(ThriftStatusCode.Unknown, $"The call of {method.FullName} was refused with the status {other} of HTTP."),
    };
}
