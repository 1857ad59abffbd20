namespace Rx.ThriftStreams.AspNetCore.Dispatch;

/// <summary>What became of looking for a method.</summary>
internal enum RouteOutcome
{
    Found,

    /// <summary>No service has that name, and none that the method's name alone would tell.</summary>
    UnknownService,

    /// <summary>The service is known and has no such method.</summary>
    UnknownMethod,
}

/// <summary>Finds the method of a call over the TTHeader transports and the bare ones, where the service's name is only a hint.</summary>
internal sealed class ServiceRouter(ThriftServiceRegistry registry)
{
    /// <summary>
    /// By the service's name; if there is none, the first service registered that has the method; if the name is wrong, the only one that has it.
    /// </summary>
    /// <param name="service">The service's name as the caller gave it; may be empty.</param>
    /// <param name="method">The method's name.</param>
    /// <param name="found">The method, if there is one.</param>
    internal RouteOutcome Find(string service, string method, out ServerMethod? found)
    {
        found = null;
        if (service.Length > 0 && registry.TryGetService(service, out var methods))
        {
            return methods.TryGetValue(method, out found) ? RouteOutcome.Found : RouteOutcome.UnknownMethod;
        }

        foreach (var candidate in registry.All)
        {
            if (!candidate.Methods.TryGetValue(method, out var match))
            {
                continue;
            }

            if (found is not null)
            {
                found = null;
                return RouteOutcome.UnknownService;
            }

            found = match;
            if (service.Length == 0)
            {
                break;
            }
        }

        return found is null ? RouteOutcome.UnknownService : RouteOutcome.Found;
    }
}
