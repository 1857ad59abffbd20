using System.Buffers;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.AspNetCore.Dispatch;

/// <summary>What names a proxy forwards.</summary>
internal static class ProxyNames
{
    private static readonly SearchValues<char> Characters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.");

    /// <summary>Refuses names that could mean something else to the next hop than they do here: over gRPC they are the path of a request. IDL has no others.</summary>
    /// <exception cref="RouteException">The name of the method is not one of the IDL.</exception>
    /// <exception cref="ThriftStatusException">The caller did not name a service.</exception>
    internal static void Check(ThriftMethod method)
    {
        if (method.ServiceName == RawFallback.AnyName)
        {
            throw new ThriftStatusException(
                ThriftStatusCode.InvalidArgument,
                $"The call of {method.Name} cannot be forwarded because it names no service. Map the proxy for one service, or set {nameof(ThriftPingPongServerOptions)}.{nameof(ThriftPingPongServerOptions.FallbackService)}.");
        }

        if (!IsName(method.Package, mayBeEmpty: true) || !IsName(method.ServiceName) || !IsName(method.Name))
        {
            throw new RouteException(RouteFault.UnknownMethod, method.ServiceName, method.Name);
        }
    }

    internal static bool IsName(string name, bool mayBeEmpty = false)
        => (mayBeEmpty || name.Length > 0) && !name.AsSpan().ContainsAnyExcept(Characters) && !name.Contains("..", StringComparison.Ordinal);
}
