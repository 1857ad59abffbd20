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
internal sealed class ServiceRouter(ThriftServerRuntime runtime)
{
    /// <summary>
    /// By the service's name; if there is none, the fallback service or else the first one registered that has the method; if the name is wrong, the only
    /// one that has it. With <see cref="ThriftPingPongServerOptions.RefuseWithoutServiceName"/>, by the name alone.
    /// </summary>
    /// <param name="service">The service's name as the caller gave it; may be empty.</param>
    /// <param name="method">The method's name.</param>
    /// <param name="found">The method, if there is one.</param>
    internal RouteOutcome Find(string service, string method, out ServerMethod? found)
    {
        found = null;
        var services = runtime.Services;
        if (service.Length > 0 && services.TryGetService(service, out var methods))
        {
            return methods.TryGetValue(method, out found) ? RouteOutcome.Found : RouteOutcome.UnknownMethod;
        }

        if (runtime.Options.PingPong.RefuseWithoutServiceName)
        {
            return RouteOutcome.UnknownService;
        }

        if (service.Length == 0
            && runtime.Options.PingPong.FallbackService is { } fallback
            && services.TryGetService(fallback, out var fallbackMethods)
            && fallbackMethods.TryGetValue(method, out found))
        {
            return RouteOutcome.Found;
        }

        foreach (var candidate in services.All)
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

    /// <summary>Fails if calls that name no service could not be routed, with the words of Kitex.</summary>
    /// <exception cref="InvalidOperationException">They could not.</exception>
    internal static void Validate(ThriftServerRuntime runtime)
    {
        var services = runtime.Services.All;
        if (services.Count == 0)
        {
            throw new InvalidOperationException("run: no service. Use MapThriftService to add one.");
        }

        var options = runtime.Options;
        IReadOnlyDictionary<string, ServerMethod>? fallback = null;
        if (options.PingPong.FallbackService is { } name && !runtime.Services.TryGetService(name, out fallback))
        {
            throw new InvalidOperationException($"The fallback service [{name}] is not among the services that are mapped.");
        }

        if (options.PingPong.RefuseWithoutServiceName)
        {
            return;
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var method in services.SelectMany(static service => service.Methods.Keys))
        {
            if (!seen.Add(method) && fallback?.ContainsKey(method) != true)
            {
                throw new InvalidOperationException(
                    $"method name [{method}] is conflicted between services but no fallback service is specified. Set ThriftServerOptions.PingPong.FallbackService or RefuseWithoutServiceName.");
            }
        }
    }
}
