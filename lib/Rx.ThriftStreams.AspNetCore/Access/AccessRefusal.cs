using Microsoft.AspNetCore.Http;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.AspNetCore.Access;

/// <summary>The status of a call that was refused: the one that a gRPC client derives from the same HTTP response.</summary>
internal static class AccessRefusal
{
    internal static ThriftStatusException Unauthenticated(ThriftMethod method) => new(
        ThriftStatusCode.Unauthenticated, $"The caller of {method.FullName} is not authenticated: the call has no valid credentials.");

    internal static ThriftException Of(HttpResponse response, ThriftMethod method) => response.StatusCode switch
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
