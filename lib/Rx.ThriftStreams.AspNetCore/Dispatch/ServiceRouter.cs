using Microsoft.Extensions.Logging;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Diagnostics;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.AspNetCore.Dispatch;

/// <summary>Which methods a transport carries.</summary>
internal enum CallForm
{
    Any,
    Stream,
    PingPong,
}

/// <summary>Where a call comes from.</summary>
/// <param name="Protocol">Its protocol.</param>
/// <param name="Port">The port that it came to.</param>
internal readonly record struct CallOrigin(ThriftProtocols Protocol, int Port)
{
    /// <summary>In-process calls, which reach every service.</summary>
    internal static CallOrigin InProcess => default;

    internal bool Reaches(ServerMethod method) => Protocol == ThriftProtocols.None || method.Access.IsServed(Protocol, Port);
}

/// <summary>Finds the method of a call, or says why there is none. The one place for all transports.</summary>
internal sealed partial class ServiceRouter(ThriftServerRuntime runtime)
{
    private const int RefusedId = 16;

    /// <summary>
    /// Finds a method where the service's name is only a hint: by that name; if there is none, the fallback service or else the first one registered that has
    /// the method; if the name is wrong, the only one that has it. With <see cref="ThriftPingPongServerOptions.RefuseWithoutServiceName"/>, by the name alone.
    /// </summary>
    /// <param name="service">The service's name as the caller sent it; may be empty.</param>
    /// <param name="method">The method's name.</param>
    /// <param name="form">What the transport carries.</param>
    /// <param name="origin">Where the call comes from. A service that is not served there counts as unknown.</param>
    /// <param name="refusal">Why there is no method to call; <see langword="null"/> if there is one.</param>
    internal ServerMethod? Find(string service, string method, CallForm form, CallOrigin origin, out RouteException? refusal)
    {
        var fault = Find(service, method, origin, out var found);
        return Accept(found, fault, service, method, form, out refusal);
    }

    /// <summary>Finds a method whose name carries its service's: only that service is asked, and one that is not there is an unknown method.</summary>
    /// <inheritdoc cref="Find(string, string, CallForm, CallOrigin, out RouteException?)"/>
    internal ServerMethod? FindExactly(string service, string method, CallForm form, CallOrigin origin, out RouteException? refusal)
    {
        ServerMethod? found = null;
        RouteFault? fault = runtime.Services.TryGetService(service, out var methods) && methods.TryGetValue(method, out found) && origin.Reaches(found)
            ? null
            : RouteFault.UnknownMethod;
        return Accept(found, fault, service, method, form, out refusal);
    }

    /// <summary>The method by which a call is handled for which there is no other; <see langword="null"/> if there is none.</summary>
    /// <param name="refusal">Why there is no other.</param>
    /// <param name="package">The package that the caller named; may be empty.</param>
    /// <param name="mode">How many messages each side sends.</param>
    /// <param name="isOneway">Whether the caller takes no answer.</param>
    /// <param name="origin">Where the call comes from.</param>
    internal ServerMethod? FindFallback(RouteException? refusal, string package, ThriftStreamingMode mode, bool isOneway, CallOrigin origin)
    {
        if (refusal is not { Fault: RouteFault.UnknownService or RouteFault.UnknownMethod })
        {
            return null;
        }

        var service = refusal.Service;
        return runtime.Fallbacks.Find(ref service) is { } fallback && fallback.Access.IsServed(origin.Protocol, origin.Port)
            ? fallback.For(package, service, refusal.Method, mode, isOneway)
            : null;
    }

    /// <summary>Why a call that names its service and method has no handler, where both must be exact.</summary>
    internal RouteException Refuse(string service, string method, CallOrigin origin)
        => new(runtime.Services.TryGetService(service, out var methods) && methods.Values.Any(origin.Reaches) ? RouteFault.UnknownMethod : RouteFault.UnknownService, service, method);

    /// <summary>Logs that a call was refused because it has no method. Such calls reach no method that could report them.</summary>
    internal void Report(ThriftException refusal, string peer)
    {
        if (runtime.Entries.TryTake(RefusedId, LogLevel.Information))
        {
            LogRefused(runtime.Logger, peer, LogText.Escape(refusal.Message));
        }
    }

    /// <summary>Checks that the transport carries what the method is.</summary>
    private static ServerMethod? Accept(ServerMethod? found, RouteFault? fault, string service, string method, CallForm form, out RouteException? refusal)
    {
        if (fault is null && found is not null)
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

    private RouteFault? Find(string service, string method, CallOrigin origin, out ServerMethod? found)
    {
        found = null;
        var services = runtime.Services;
        if (service.Length > 0 && services.TryGetService(service, out var methods))
        {
            if (methods.TryGetValue(method, out found))
            {
                return origin.Reaches(found) ? null : RouteFault.UnknownService;
            }

            return methods.Values.Any(origin.Reaches) ? RouteFault.UnknownMethod : RouteFault.UnknownService;
        }

        if (runtime.Options.PingPong.RefuseWithoutServiceName)
        {
            return RouteFault.UnknownService;
        }

        if (service.Length == 0
            && runtime.Options.PingPong.FallbackService is { } fallback
            && services.TryGetService(fallback, out var fallbackMethods)
            && fallbackMethods.TryGetValue(method, out found)
            && origin.Reaches(found))
        {
            return null;
        }

        found = null;
        foreach (var candidate in services.All)
        {
            if (!candidate.Methods.TryGetValue(method, out var match) || !origin.Reaches(match))
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

    [LoggerMessage(RefusedId, LogLevel.Information, "A call from {Peer} was refused: {Reason}", EventName = "UnknownMethodRefused")]
    private static partial void LogRefused(ILogger logger, string peer, string reason);
}
