using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Rx.ThriftStreams.AspNetCore.Access;

/// <summary>The hosts to which a method is restricted by <c>RequireHost</c>, compared as routing compares those of requests.</summary>
internal sealed class HostRule
{
    private const string Any = "*";
    private const string AnySubdomain = "*.";

    private readonly (string Host, int? Port)[] _allowed;

    private HostRule((string Host, int? Port)[] allowed) => _allowed = allowed;

    /// <summary>The rule of an endpoint; <see langword="null"/> if it has none.</summary>
    internal static HostRule? Of(EndpointMetadataCollection metadata)
        => metadata.GetMetadata<IHostMetadata>() is { Hosts: { Count: > 0 } hosts } ? new([.. hosts.Select(Parse)]) : null;

    /// <summary>Whether a host may be used to call the method. A caller that names no host may not.</summary>
    internal bool Allows(HostString host, bool isHttps)
    {
        if (!host.HasValue)
        {
            return false;
        }

        var port = host.Port ?? (isHttps ? 443 : 80);
        foreach (var allowed in _allowed)
        {
            if ((allowed.Port is null || allowed.Port == port) && Matches(allowed.Host, host.Host))
            {
                return true;
            }
        }

        return false;
    }

    private static bool Matches(string allowed, string host)
        => allowed == Any
            || (allowed.StartsWith(AnySubdomain, StringComparison.Ordinal)
                ? host.Length >= allowed.Length && host.EndsWith(allowed[1..], StringComparison.OrdinalIgnoreCase)
                : string.Equals(allowed, host, StringComparison.OrdinalIgnoreCase));

    /// <summary>A port that is not a number, such as <c>*</c>, allows every port.</summary>
    private static (string Host, int? Port) Parse(string text) => new HostString(text) is var host ? (host.Host, host.Port) : default;
}
