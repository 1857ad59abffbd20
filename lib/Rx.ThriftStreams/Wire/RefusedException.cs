namespace Rx.ThriftStreams.Wire;

/// <summary>Which protection of a server refused a call.</summary>
internal enum RefusalKind
{
    Rate,
    Concurrency,
    Connections,
    Messages,
    Limiter,
    Overload,
    Rule,
}

/// <summary>The server protects itself: it did not run the handler, or does not let it continue.</summary>
/// <remarks>Worded like Kitex's server: over gRPC the reason alone, elsewhere with <c>request over limit</c> before it.</remarks>
internal sealed class RefusedException : ThriftException
{
    internal const string LimitMark = "request over limit: ";
    internal const string RuleMark = "request forbidden: ";

    internal RefusedException(RefusalKind kind)
        : base(LimitMark + TextOf(kind))
    {
        Kind = kind;
        Reason = TextOf(kind);
        StatusCode = ThriftStatusCode.ResourceExhausted;
    }

    /// <summary>A rule forbids the call.</summary>
    internal RefusedException(string rule)
        : base(RuleMark + rule)
    {
        Kind = RefusalKind.Rule;
        Reason = Message;
        StatusCode = ThriftStatusCode.PermissionDenied;
    }

    /// <inheritdoc/>
    public override ThriftStatusCode StatusCode { get; }

    internal RefusalKind Kind { get; }

    internal string Reason { get; }

    private static string TextOf(RefusalKind kind) => kind switch
    {
        RefusalKind.Concurrency => "too many concurrent requests",
        RefusalKind.Connections => "too many connections",
        RefusalKind.Messages => "messages too frequent",
        RefusalKind.Overload => "server overloaded",
        _ => "request too frequent",
    };
}
