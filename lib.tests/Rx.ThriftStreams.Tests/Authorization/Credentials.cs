using System.Security.Claims;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Rx.ThriftStreams.Tests.Authorization;

/// <summary>Who calls in the tests of authorization.</summary>
public enum Caller
{
    /// <summary>Sends no credentials.</summary>
    Anonymous,

    /// <summary>Sends credentials that are not valid.</summary>
    Wrong,

    /// <summary>Is known, but not one of those who may call.</summary>
    Stranger,

    /// <summary>May call.</summary>
    Member,
}

/// <summary>How callers prove who they are.</summary>
public enum Scheme
{
    JwtBearer,
    Certificate,
    ApiKey,
}

/// <summary>The credentials of each caller for each scheme.</summary>
internal sealed class Credentials : IDisposable
{
    internal const string RoleClaim = "role";

    private readonly Dictionary<Caller, X509Certificate2> _certificates = new()
    {
        [Caller.Wrong] = TestCertificate.Create("wrong"),
        [Caller.Stranger] = TestCertificate.Create("stranger"),
        [Caller.Member] = TestCertificate.Create("member"),
    };

    internal SymmetricSecurityKey SigningKey { get; } = new(Encoding.ASCII.GetBytes("a key that only the tests of this repository use"));

    /// <summary>The role that a certificate proves; <see langword="null"/> if it is not known.</summary>
    internal string? RoleOf(X509Certificate2 certificate)
        => _certificates.FirstOrDefault(entry => entry.Value.Thumbprint == certificate.Thumbprint).Key switch
        {
            Caller.Stranger => "stranger",
            Caller.Member => "member",
            _ => null,
        };

    /// <summary>The role that an API key proves; <see langword="null"/> if it is not known.</summary>
    internal static string? RoleOf(string key) => key switch
    {
        "key of stranger" => "stranger",
        "key of member" => "member",
        _ => null,
    };

    internal X509Certificate2? CertificateOf(Scheme scheme, Caller caller) => scheme == Scheme.Certificate ? _certificates.GetValueOrDefault(caller) : null;

    internal ThriftMetadata HeadersOf(Scheme scheme, Caller caller)
    {
        var headers = new ThriftMetadata();
        if (caller != Caller.Anonymous && scheme == Scheme.JwtBearer)
        {
            headers.Add("authorization", "Bearer " + Token(caller, DateTime.UtcNow.AddHours(1)));
        }
        else if (caller != Caller.Anonymous && scheme == Scheme.ApiKey)
        {
            headers.Add(ApiKeyHandler.Header, caller == Caller.Wrong ? "no such key" : $"key of {RoleName(caller)}");
        }

        return headers;
    }

    internal string Token(Caller caller, DateTime expires) => new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
    {
        Subject = new ClaimsIdentity([new Claim("sub", "somebody"), new Claim(RoleClaim, RoleName(caller))]),
        NotBefore = expires.AddHours(-2),
        IssuedAt = expires.AddHours(-2),
        Expires = expires,
        SigningCredentials = new(
            caller == Caller.Wrong ? new SymmetricSecurityKey(Encoding.ASCII.GetBytes("a key that nobody has ever told the server")) : SigningKey,
            SecurityAlgorithms.HmacSha256),
    });

    public void Dispose()
    {
        foreach (var certificate in _certificates.Values)
        {
            certificate.Dispose();
        }
    }

    private static string RoleName(Caller caller) => caller == Caller.Stranger ? "stranger" : "member";
}
