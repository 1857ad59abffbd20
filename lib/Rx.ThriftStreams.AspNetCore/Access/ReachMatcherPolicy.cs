using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Matching;

namespace Rx.ThriftStreams.AspNetCore.Access;

/// <summary>Keeps gRPC requests from endpoints that are not served over gRPC, or not on their port. Other endpoints are left alone.</summary>
internal sealed class ReachMatcherPolicy : MatcherPolicy, IEndpointSelectorPolicy
{
    /// <summary>As that for hosts, before the method of HTTP is looked at.</summary>
    public override int Order => -100;

    public bool AppliesToEndpoints(IReadOnlyList<Endpoint> endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        return endpoints.Any(static endpoint => IsRestricted(endpoint));
    }

    public Task ApplyAsync(HttpContext httpContext, CandidateSet candidates)
    {
        ArgumentNullException.ThrowIfNull(httpContext);
        ArgumentNullException.ThrowIfNull(candidates);
        for (var i = 0; i < candidates.Count; i++)
        {
            if (candidates.IsValidCandidate(i)
                && candidates[i].Endpoint is { } endpoint
                && IsRestricted(endpoint)
                && !Reach.Of(endpoint.Metadata).Includes(ThriftProtocols.Grpc, httpContext.Connection.LocalPort))
            {
                candidates.SetValidity(i, false);
            }
        }

        return Task.CompletedTask;
    }

    private static bool IsRestricted(Endpoint endpoint)
        => endpoint.Metadata.GetMetadata<ProtocolsMetadata>() is not null || endpoint.Metadata.GetMetadata<PortsMetadata>() is not null;
}
