namespace Rx.ThriftStreams;

/// <summary>The peer answered with an exception of the Thrift protocol itself (TApplicationException), or a handler throws one to send it.</summary>
public sealed class ThriftApplicationException : ThriftException
{
    /// <summary>Creates the error.</summary>
    /// <param name="type">The number of its kind.</param>
    /// <param name="message">The text.</param>
    public ThriftApplicationException(ThriftApplicationErrorType type, string message)
        : base(message)
    {
        Type = type;
    }

    /// <summary>The number of its kind; peers may send numbers that are not listed.</summary>
    public ThriftApplicationErrorType Type { get; }

    /// <summary>
    /// The nearest status: <see cref="ThriftStatusCode.Unimplemented"/> for a method or service that is not there, <see cref="ThriftStatusCode.ResourceExhausted"/> for a
    /// request that is larger than its server allows, otherwise <see cref="ThriftStatusCode.Internal"/>.
    /// The numbers of <see cref="Type"/> are no statuses.
    /// </summary>
    public override ThriftStatusCode StatusCode => Type
        is ThriftApplicationErrorType.UnknownMethod
        or ThriftApplicationErrorType.UnknownService
        or ThriftApplicationErrorType.NoServiceName ? ThriftStatusCode.Unimplemented
        : Type == ThriftApplicationErrorType.ProtocolError && Message.StartsWith("rpc error: code = 8 desc = ", StringComparison.Ordinal) ? ThriftStatusCode.ResourceExhausted
        : ThriftStatusCode.Internal;
}

/// <summary>The kinds of <see cref="ThriftApplicationException"/>: Thrift's own, and those that Kitex adds.</summary>
public enum ThriftApplicationErrorType
{
    /// <summary>Unknown.</summary>
    Unknown = 0,

    /// <summary>The service has no such method.</summary>
    UnknownMethod = 1,

    /// <summary>A message of a type that is not allowed here.</summary>
    InvalidMessageType = 2,

    /// <summary>The reply names another method.</summary>
    WrongMethodName = 3,

    /// <summary>The reply has another sequence id.</summary>
    BadSequenceId = 4,

    /// <summary>The reply has neither a result nor an exception.</summary>
    MissingResult = 5,

    /// <summary>The handler failed.</summary>
    InternalError = 6,

    /// <summary>The message does not decode.</summary>
    ProtocolError = 7,

    /// <summary>A transform is not supported.</summary>
    InvalidTransform = 8,

    /// <summary>A protocol is not supported.</summary>
    InvalidProtocol = 9,

    /// <summary>The client's kind is not supported.</summary>
    UnsupportedClientType = 10,

    /// <summary>Kitex: no such service.</summary>
    UnknownService = 20,

    /// <summary>Kitex: the request names no service.</summary>
    NoServiceName = 21,
}
