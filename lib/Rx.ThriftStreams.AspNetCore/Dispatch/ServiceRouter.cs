using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.AspNetCore.Dispatch;

/// <summary>Which methods a transport carries.</summary>
internal enum CallForm
{
    Any,
    Stream,
    PingPong,
}

/// <summary>Finds the method of a call, or says why there is none. The one place for all transports.</summary>
internal sealed class ServiceRouter(ThriftServerRuntime runtime)
{
    /// <summary>
    /// Finds a method where the service's name is only a hint: by that name; if there is none, the fallback service or else the first one registered that has
    /// the method; if the name is wrong, the only one that has it. With <see cref="ThriftPingPongServerOptions.RefuseWithoutServiceName"/>, by the name alone.
    /// </summary>
    /// <param name="service">The service's name as the caller sent it; may be empty.</param>
    /// <param name="method">The method's name.</param>
    /// <param name="form">What the transport carries.</param>
    /// <param name="refusal">Why there is no method to call; <see langword="null"/> if there is one.</param>
    /// <param name="isExact">Whether the service's name is part of the method's: then only that service is asked, and one that is not there is an unknown method.</param>
    internal ServerMethod? Find(string service, string method, CallForm form, out RouteException? refusal, bool isExact = false)
    {
        ServerMethod? found;
        var fault = isExact ? FindExactly(service, method, out found) : Find(service, method, out found);
        if (found is not null)
        {
            fault = form switch
            {
                CallForm.Stream when !found.Method.IsStreaming => RouteFault.NotAStream,
                CallForm.PingPong when found.Method.IsStreaming => RouteFault.NotPingPong,
                _ => null,
            };
        }

        refusal = fault switch
        {
            null => null,
            RouteFault.NotAStream or RouteFault.NotPingPong => new RouteException(fault.Value, found!.Method.ServiceName, method),
            _ => new RouteException(fault.Value, service, method),
        };
        return refusal is null ? found : null;
    }

    /// <summary>Why a call that names its service and method has no handler, where both must be exact.</summary>
    internal RouteException Refuse(string service, string method)
        => new(runtime.Services.TryGetService(service, out _) ? RouteFault.UnknownMethod : RouteFault.UnknownService, service, method);

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
                    $"method name [{method}] is conflicted between services but no fallback service is specified. Set ThriftServerOptions.FallbackService or RefuseWithoutServiceName.");
            }
        }
    }

    private RouteFault? FindExactly(string service, string method, out ServerMethod? found)
    {
        found = null;
        return runtime.Services.TryGetService(service, out var methods) && methods.TryGetValue(method, out found) ? null : RouteFault.UnknownMethod;
    }

    private RouteFault? Find(string service, string method, out ServerMethod? found)
    {
        found = null;
        var services = runtime.Services;
        if (service.Length > 0 && services.TryGetService(service, out var methods))
        {
            return methods.TryGetValue(method, out found) ? null : RouteFault.UnknownMethod;
        }

        if (runtime.Options.PingPong.RefuseWithoutServiceName)
        {
            return RouteFault.UnknownService;
        }

        if (service.Length == 0
            && runtime.Options.PingPong.FallbackService is { } fallback
            && services.TryGetService(fallback, out var fallbackMethods)
            && fallbackMethods.TryGetValue(method, out found))
        {
            return null;
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
                return RouteFault.UnknownService;
            }

            found = match;
            if (service.Length == 0)
            {
                break;
            }
        }

        return found is null ? RouteFault.UnknownService : null;
    }
}
