using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Rx.ThriftStreams.Tests.Authorization;

/// <summary>A scheme of the application's own: a key in a header.</summary>
internal sealed class ApiKeyHandler(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    internal const string Header = "x-api-key";

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (Request.Headers[Header].ToString() is not { Length: > 0 } key)
        {
            return Task.FromResult(AuthenticateResult.NoResult());
        }

        if (Credentials.RoleOf(key) is not { } role)
        {
            return Task.FromResult(AuthenticateResult.Fail("The API key is unknown."));
        }

        var user = new ClaimsPrincipal(new ClaimsIdentity([new Claim(Credentials.RoleClaim, role)], Scheme.Name));
        return Task.FromResult(AuthenticateResult.Success(new(user, Scheme.Name)));
    }
}
