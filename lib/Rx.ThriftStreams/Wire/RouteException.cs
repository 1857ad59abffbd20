namespace Rx.ThriftStreams.Wire;

/// <summary>Why a call could not be routed to a handler.</summary>
internal enum RouteFault
{
    UnknownService,
    UnknownMethod,

    /// <summary>A stream for a method that must be called by ping-pong over this transport.</summary>
    NotAStream,

    /// <summary>A ping-pong call of a streaming method.</summary>
    NotPingPong,
}

/// <summary>The server does not implement the method that was called, or not over this transport.</summary>
internal sealed class RouteException(RouteFault fault, string service, string method) : ThriftException(Describe(fault, service, method))
{
    /// <inheritdoc/>
    public override ThriftStatusCode StatusCode => ThriftStatusCode.Unimplemented;

    internal RouteFault Fault => fault;

    internal string Service => service;

    internal string Method => method;

    private static string Describe(RouteFault fault, string service, string method) => fault switch
    {
        RouteFault.UnknownService => $"The server does not implement the service \"{service}\".",
        RouteFault.UnknownMethod => $"The server does not implement the method \"{method}\" of the service \"{service}\".",
        RouteFault.NotAStream => $"The method \"{method}\" of the service \"{service}\" is not a stream over this transport: call it by ping-pong.",
        _ => $"The method \"{method}\" of the service \"{service}\" is a streaming method: it cannot be called by ping-pong.",
    };
}
