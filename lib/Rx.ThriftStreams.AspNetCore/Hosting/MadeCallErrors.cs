using Rx.ThriftStreams.AspNetCore.Dispatch;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.AspNetCore.Hosting;

/// <summary>Errors of calls that this host makes while it handles a request of somebody else.</summary>
internal static class MadeCallErrors
{
    /// <summary>Whether the call was never made because its request cannot be written: a mistake of this host, as any exception of its code, and not an error of the server.</summary>
    internal static bool IsUnsent(Exception error) => error is ThriftProtocolException { IsUnsent: true };

    /// <summary>Whether the server refused a message of this host because it is too large.</summary>
    internal static bool IsOversizeRequest(ThriftException error)
        => error is ThriftStatusException { StatusCode: ThriftStatusCode.ResourceExhausted, IsOverLimit: false } && OversizeTexts.Matches(error.Message);

    /// <summary>Whether this host, or a server that passed the error on, refused an answer because it is larger than a limit of its own.</summary>
    internal static bool IsOversizeAnswer(ThriftException error)
        => error is ThriftStatusException { IsOverLimit: true } or ThriftProtocolException { IsOverLimit: true }
            || (error is ThriftStatusException { StatusCode: ThriftStatusCode.ResourceExhausted } && OversizeTexts.IsOfAnswer(error.Message));

    /// <summary>What kind of error it is.</summary>
    internal static string TitleOf(ThriftException error) => error switch
    {
        ThriftDeclaredException declared => declared.DeclaredName,
        ThriftBizStatusException { StatusCode: ThriftStatusCode.Internal } => "BusinessError",
        _ => error.StatusCode.ToString(),
    };

    /// <summary>The detail of problem details. Texts about the credentials of this host are left out as well.</summary>
    internal static string? DetailOf(ThriftException error)
        => IsOversizeRequest(error) ? "The request is larger than the service accepts."
            : error.StatusCode is ThriftStatusCode.Unauthenticated or ThriftStatusCode.PermissionDenied ? null
            : error is ThriftDeclaredException declared && declared.ValueAsJson() is not null ? ThrownText(declared)
            : TextOf(error);

    /// <summary>Whether the text of an exception is not its message but all its fields, of which only the host knows whether its callers may see them.</summary>
    private static bool IsAllFields(ThriftDeclaredException declared) => declared.Message.StartsWith($"{declared.DeclaredName} {{", StringComparison.Ordinal);

    /// <summary>The detail for an exception whose text must not be shown, or whose fields are members of their own.</summary>
    internal static string ThrownText(ThriftDeclaredException declared) => $"{declared.DeclaredName} was thrown.";

    /// <summary>The text of an error if it was thrown for the caller; others name addresses, limits and options of this host and of the server.</summary>
    internal static string? TextOf(ThriftException error)
        => error is ThriftDeclaredException declared && IsAllFields(declared) ? ThrownText(declared)
            : ServerFaults.IsMeantForCaller(error) && !IsOversizeRequest(error) && !IsOversizeAnswer(error) && !IsHandlerFault(error) ? error.Message
            : null;

    /// <summary>Whether the handler of the server, or a call that it made, failed without an error for its caller.</summary>
    private static bool IsHandlerFault(ThriftException error) => error is ThriftStatusException && HandlerFaultTexts.Matches(error.StatusCode, error.Message);
}
