namespace Rx.ThriftStreams;

/// <summary>
/// The status codes of gRPC, with those that Kitex adds. Peers may send numbers that are not listed:
/// their value is preserved.
/// </summary>
public enum ThriftStatusCode
{
    /// <summary>Success.</summary>
    OK = 0,

    /// <summary>The call was cancelled. Kitex also answers an unknown method with this number.</summary>
    Cancelled = 1,

    /// <summary>Unknown error; also used when a peer sent no status.</summary>
    Unknown = 2,

    /// <summary>The caller's argument is wrong.</summary>
    InvalidArgument = 3,

    /// <summary>The deadline passed before the call was done.</summary>
    DeadlineExceeded = 4,

    /// <summary>A requested entity does not exist.</summary>
    NotFound = 5,

    /// <summary>The entity to create already exists.</summary>
    AlreadyExists = 6,

    /// <summary>The caller may not do this. Kitex also answers a request that cannot be decoded with this number.</summary>
    PermissionDenied = 7,

    /// <summary>A quota or limit is used up, or a message is larger than allowed.</summary>
    ResourceExhausted = 8,

    /// <summary>The system is not in the state that the call requires.</summary>
    FailedPrecondition = 9,

    /// <summary>The call was aborted, typically by a conflict.</summary>
    Aborted = 10,

    /// <summary>A position outside the valid range.</summary>
    OutOfRange = 11,

    /// <summary>The method does not exist here.</summary>
    Unimplemented = 12,

    /// <summary>An internal error; also the status of a handler's unexpected exception.</summary>
    Internal = 13,

    /// <summary>The service is currently unavailable; a retry may succeed.</summary>
    Unavailable = 14,

    /// <summary>Data was lost or corrupted beyond recovery.</summary>
    DataLoss = 15,

    /// <summary>The caller is not authenticated.</summary>
    Unauthenticated = 16,

    /// <summary>A single receive took longer than allowed. Kitex's extension; never sent by a server.</summary>
    ReceiveDeadlineExceeded = 17,

    /// <summary>The service does not exist here: what Kitex answers over gRPC.</summary>
    UnknownService = 20,
}
