namespace Rx.ThriftStreams.Transport;

/// <summary>Whose doing it was that a call ended with an error: protocols tell the caller in different words.</summary>
internal enum ServerFaultOrigin
{
    /// <summary>The call succeeded.</summary>
    None,

    /// <summary>The handler threw an error meant for the caller.</summary>
    Handler,

    /// <summary>The handler threw something that it did not mean to: what Kitex calls a panic.</summary>
    HandlerFault,

    /// <summary>The library found the fault: bytes that do not decode, a limit, no such method.</summary>
    Framework,
}

/// <summary>How a server call ended.</summary>
/// <param name="Error">The error, or <see langword="null"/> on success.</param>
/// <param name="Origin">Whose doing it was.</param>
/// <param name="RevealDetails">Whether the text of an error that was not meant for the caller may be shown to it.</param>
internal readonly record struct ServerCallOutcome(Exception? Error, ServerFaultOrigin Origin, bool RevealDetails)
{
    internal static ServerCallOutcome Success => default;

    /// <summary>The status of the call: what the caller is told, whatever the words of its protocol are.</summary>
    internal ThriftStatus Status => Error switch
    {
        null => ThriftStatus.Success,

        // The number of one that a handler throws is no status: Kitex takes it for any other error.
        ThriftException thrift and not ThriftApplicationException => new(thrift.StatusCode, thrift.Message),
        ThriftApplicationException own when Origin == ServerFaultOrigin.Framework => new(own.StatusCode, own.Message),
        _ => new(ThriftStatusCode.Internal, Error.Message),
    };
}
