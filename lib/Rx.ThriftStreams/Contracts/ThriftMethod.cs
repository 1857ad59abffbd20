using System.Diagnostics;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Contracts;

/// <summary>One method of a service as it appears on the wire. Immutable; created by generated code.</summary>
[DebuggerDisplay("{FullName} ({Mode})")]
public abstract class ThriftMethod
{
    private string? _localName;

    private protected ThriftMethod(string package, string serviceName, string name, ThriftStreamingMode mode, bool isOneway, string? memberName)
    {
        ArgumentNullException.ThrowIfNull(package);
        ArgumentException.ThrowIfNullOrEmpty(serviceName);
        ArgumentException.ThrowIfNullOrEmpty(name);
        Package = package;
        ServiceName = serviceName;
        Name = name;
        Mode = mode;
        IsOneway = isOneway;
        MemberName = memberName ?? name + "Async";
        FullName = package.Length == 0 ? $"{serviceName}/{name}" : $"{package}.{serviceName}/{name}";
    }

    /// <summary>The package of the gRPC path: the last part of <c>namespace go</c> in lower case, unless overridden. May be empty.</summary>
    public string Package { get; }

    /// <summary>The service's name as written in the IDL; for an inherited method, the name of the derived service.</summary>
    public string ServiceName { get; }

    /// <summary>The method's name as written in the IDL.</summary>
    public string Name { get; }

    /// <summary>How many messages each side sends.</summary>
    public ThriftStreamingMode Mode { get; }

    /// <summary>Whether the method is <c>oneway</c>: no answer is ever sent.</summary>
    public bool IsOneway { get; }

    /// <summary>The name of the method in the generated interface. Attributes of the method that implements it apply to calls of this method.</summary>
    public string MemberName { get; }

    /// <summary><c>package.Service/Method</c>; with a leading slash, the path of the method over gRPC.</summary>
    public string FullName { get; }

    /// <summary><c>Service/Method</c>: the full name without the package.</summary>
    internal string LocalName => _localName ??= Package.Length == 0 ? FullName : $"{ServiceName}/{Name}";

    /// <summary>Whether a call may be sent more than once, by the annotation <c>(idempotent = "true")</c> of the function.</summary>
    public bool IsIdempotent { get; init; }

    /// <summary>Whether the method has a stream in at least one direction, so that its messages travel as bare structs.</summary>
    public bool IsStreaming => Mode is ThriftStreamingMode.Client or ThriftStreamingMode.Server or ThriftStreamingMode.Bidirectional;

    /// <summary>Whether a caller chose the names, so that they must not become tags of metrics or keys of tables.</summary>
    internal bool IsUnknown { get; init; }

    /// <summary>Whether the client sends any number of messages rather than one.</summary>
    internal bool TakesStream => Mode is ThriftStreamingMode.Client or ThriftStreamingMode.Bidirectional;

    /// <inheritdoc/>
    public override string ToString() => FullName;
}

/// <summary>One method of a service with the types of its messages on the wire.</summary>
/// <typeparam name="TRequest">What the client sends: the request struct of a streaming method, the argument wrapper of any other.</typeparam>
/// <typeparam name="TResponse">What the server sends: the response struct of a streaming method, the result wrapper of any other.</typeparam>
public sealed class ThriftMethod<TRequest, TResponse> : ThriftMethod
    where TRequest : class, IThriftStruct<TRequest>
    where TResponse : class, IThriftStruct<TResponse>
{
    /// <summary>Describes a method. Called by generated code.</summary>
    /// <param name="package">The package of the gRPC path; may be empty.</param>
    /// <param name="serviceName">The service's name in the IDL.</param>
    /// <param name="name">The method's name in the IDL.</param>
    /// <param name="mode">How many messages each side sends.</param>
    /// <param name="isOneway">Whether no answer is sent.</param>
    /// <param name="memberName">The name of the method in the generated interface; that in the IDL with <c>Async</c> after it if <see langword="null"/>.</param>
    public ThriftMethod(string package, string serviceName, string name, ThriftStreamingMode mode, bool isOneway = false, string? memberName = null)
        : base(package, serviceName, name, mode, isOneway, memberName)
    {
    }
}
