namespace Rx.ThriftStreams.Transport;

/// <summary>Who caused a call to fail: protocols word it differently for the caller.</summary>
internal enum ServerFaultOrigin
{
    /// <summary>The call succeeded.</summary>
    None,

    /// <summary>The handler threw an error meant for the caller.</summary>
    Handler,

    /// <summary>The handler threw an exception that indicates a bug: what Kitex calls a panic.</summary>
    HandlerFault,

    /// <summary>The caller is gone, or a time limit expired: the error has the status.</summary>
    Cancelled,

    /// <summary>The library found an error: bytes that cannot be decoded, an exceeded limit, an unknown method.</summary>
    Framework,
}

/// <summary>How a server call ended.</summary>
/// <param name="Error">The error, or <see langword="null"/> on success.</param>
/// <param name="Origin">Who caused the error.</param>
/// <param name="RevealDetails">Whether the text of an error that was not meant for the caller may be sent to it.</param>
internal readonly record struct ServerCallOutcome(Exception? Error, ServerFaultOrigin Origin, bool RevealDetails)
{
    /// <summary>What a caller gets instead of a text that is not meant for it.</summary>
    internal const string HiddenText = "internal error";

    internal static ServerCallOutcome Success => default;

    /// <summary>Whether the error is that of a call which the handler made, and its text was replaced.</summary>
    internal bool HidesCallMade => Error is ThriftStatusException { Message: HiddenText, InnerException: ThriftException };

    /// <summary>
    /// The status of the call, independent of how its protocol words it, with the text of the original error: it is for telemetry and the log of the server, not for the caller.
    /// </summary>
    internal ThriftStatus Status => Error switch
    {
        null => ThriftStatus.Success,
        ThriftStatusException hidden when HidesCallMade => new(hidden.StatusCode, hidden.InnerException!.Message),
        ThriftException thrift => new(thrift.StatusCode, thrift.Message),
        _ => new(ThriftStatusCode.Internal, Error.Message),
    };
}
