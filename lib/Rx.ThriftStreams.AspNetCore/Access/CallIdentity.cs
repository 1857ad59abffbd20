using System.Globalization;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features.Authentication;

namespace Rx.ThriftStreams.AspNetCore.Access;

/// <summary>Who calls.</summary>
/// <param name="User">The caller; without an authenticated identity if it is anonymous.</param>
/// <param name="ExpiresAt">When its credentials expire; <see langword="null"/> if they do not, or do not say.</param>
internal readonly record struct CallIdentity(ClaimsPrincipal User, DateTimeOffset? ExpiresAt)
{
    /// <summary>A caller that nothing has identified. A new object each time, since principals can be changed.</summary>
    internal static CallIdentity Anonymous => new(new ClaimsPrincipal(new ClaimsIdentity()), null);

    /// <summary>What authentication has found out about a request.</summary>
    internal static CallIdentity Of(HttpContext http)
    {
        var user = http.User;
        var expires = http.Features.Get<IAuthenticateResultFeature>()?.AuthenticateResult?.Properties?.ExpiresUtc;
        return new(user, expires ?? ExpiryClaim(user));
    }

    /// <summary>The same for a request that may not have been authenticated; <see langword="null"/> then, which costs nothing.</summary>
    internal static CallIdentity? TryOf(HttpContext http) => http.Features.Get<IHttpAuthenticationFeature>()?.User is null ? null : Of(http);

    /// <summary>The claim <c>exp</c> of a token: seconds since 1970.</summary>
    private static DateTimeOffset? ExpiryClaim(ClaimsPrincipal user)
        => long.TryParse(user.FindFirst("exp")?.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            && seconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds()
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : null;
}
