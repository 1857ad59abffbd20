using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams.Client;

/// <summary>The endpoints that a channel uses at a time, and the picker over them. Immutable: a changed list is another one.</summary>
/// <param name="target">What was resolved, for error texts.</param>
/// <param name="endpoints">The endpoints.</param>
/// <param name="picker">Chooses among them.</param>
internal sealed class EndpointList(string target, ChannelEndpoint[] endpoints, ThriftPicker picker)
{
    internal IReadOnlyList<ChannelEndpoint> Endpoints => endpoints;

    /// <summary>How many endpoints can be picked at all.</summary>
    internal int UsableCount { get; } = endpoints.Count(static endpoint => endpoint.Candidate.Endpoint.Weight > 0);

    /// <summary>Chooses an endpoint that the call has not tried; one that is broken or ejected only if there is no other.</summary>
    /// <returns><see langword="null"/> if there is none.</returns>
    internal ChannelEndpoint? Pick(ThriftMethod method, ClientCallStart start, List<ThriftCandidate>? tried)
    {
        // Not asked in vain: a picker that takes turns would advance, and with each second turn lost some endpoints would never have theirs.
        var context = new ThriftPickContext(method, start, tried, acceptsBlocked: false);
        var candidate = (IsAnyLeft(context) ? picker.Pick(context) : null) ?? picker.Pick(new ThriftPickContext(method, start, tried, acceptsBlocked: true));
        return candidate is null ? null : candidate.Owner as ChannelEndpoint
            ?? throw new InvalidOperationException($"The picker {picker.GetType()} returned a candidate that it was not created for. Return one of those that the balancer was passed.");
    }

    private bool IsAnyLeft(in ThriftPickContext context)
    {
        foreach (var endpoint in endpoints)
        {
            if (context.CanPick(endpoint.Candidate))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The error of a call for which nothing was picked although it had tried nothing.</summary>
    internal ThriftDiscoveryException NothingToPick() => new(
        target,
        UsableCount == 0
            ? $"none of the {endpoints.Length} endpoints has a positive weight"
            : $"the balancer picked none of the {endpoints.Length} endpoints");
}
