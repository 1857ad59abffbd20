using Rx.ThriftStreams.AspNetCore.Access;
using Rx.ThriftStreams.AspNetCore.Protection;
using Rx.ThriftStreams.Contracts;

namespace Rx.ThriftStreams.AspNetCore.Dispatch;

/// <summary>Creates the method of a call from what the fallback of the call holds.</summary>
internal delegate ServerMethod RawMethodFactory(ThriftMethod<ThriftRawMessage, ThriftRawMessage> method, RawMethodRules rules);

/// <summary>What the methods of a fallback have in common: created once, because callers choose the names of methods and must not be able to create limits or endpoints for each.</summary>
/// <param name="Access">The checks for all of the calls.</param>
/// <param name="Gate">The limits of all of the calls.</param>
/// <param name="Policy">The middleware and rules of all of the calls.</param>
internal sealed record RawMethodRules(CallAccess Access, MethodGate Gate, MethodPolicy Policy);

/// <summary>Handles calls to unknown methods, of one service or of any. Its endpoint carries the conventions for them.</summary>
/// <param name="package">The package of the service; empty for that which the caller names.</param>
/// <param name="service">The service; <see cref="AnyName"/> for all.</param>
/// <param name="runtime">The host.</param>
/// <param name="create">Creates the method of a call.</param>
internal sealed class RawFallback(string package, string service, ThriftServerRuntime runtime, RawMethodFactory create)
{
    /// <summary>Replaces a name that the caller did not send.</summary>
    internal const string AnyName = "*";

    private MethodPolicy _policy = runtime.Policy;
    private RawMethodRules? _rules;

    internal string Service => service;

    /// <summary>The metadata of the endpoint.</summary>
    internal ThriftMethod Any { get; } = new ThriftMethod<ThriftRawMessage, ThriftRawMessage>(package, service, AnyName, ThriftStreamingMode.Bidirectional);

    /// <summary>The checks for all of the calls.</summary>
    internal CallAccess Access => Rules.Access;

    private RawMethodRules Rules => _rules ??= new(runtime.Access.Of(Any), runtime.Traffic.GateOf(Any), _policy);

    internal void Configure(IEnumerable<object> metadata, IServiceProvider services) => _policy = MethodPolicy.Of(runtime.Options, metadata, services);

    /// <summary>The method of one call, as its caller names it.</summary>
    /// <param name="named">The package that the caller named; may be empty.</param>
    /// <param name="serviceName">The service that the caller named; may be empty.</param>
    /// <param name="name">The method; may be empty.</param>
    /// <param name="mode">How many messages each side sends.</param>
    /// <param name="isOneway">Whether no answer is sent.</param>
    internal ServerMethod For(string named, string serviceName, string name, ThriftStreamingMode mode, bool isOneway)
    {
        var target = service != AnyName ? service : serviceName.Length > 0 ? serviceName : AnyName;
        var method = new ThriftMethod<ThriftRawMessage, ThriftRawMessage>(
            package.Length > 0 ? package : named, target, name.Length == 0 ? AnyName : name, mode, isOneway) { IsUnknown = true };
        return create(method, Rules);
    }
}
