namespace Rx.ThriftStreams;

/// <summary>A call ended with a status other than OK. A handler throws it to end its call with a status.</summary>
public sealed class ThriftStatusException : ThriftException
{
    /// <summary>Creates the error.</summary>
    /// <param name="code">The status code; any number but 0.</param>
    /// <param name="message">The status message, sent to the peer unchanged.</param>
    /// <param name="innerException">The cause; stays in this process.</param>
    public ThriftStatusException(ThriftStatusCode code, string message, Exception? innerException = null)
        : base(message, innerException)
    {
        ArgumentOutOfRangeException.ThrowIfEqual((int)code, 0, nameof(code));
        StatusCode = code;
    }

    /// <summary>The status code.</summary>
    public override ThriftStatusCode StatusCode { get; }

    /// <summary>The bytes of <c>google.rpc.Status</c> that travel in <c>grpc-status-details-bin</c>, or <see langword="null"/>. Carried over gRPC only.</summary>
    public ReadOnlyMemory<byte>? Details { get; init; }

    /// <summary>The trailers that came with the status; empty if there were none.</summary>
    public ThriftMetadata Trailers { get; init; } = ThriftMetadata.Empty;

    /// <summary>Whether this side refused a message that it received because it is too large.</summary>
    internal bool IsOverLimit { get; init; }

    /// <summary>Whether the method is one of a generated base class that is not overridden: a server then answers as for a method that it does not know.</summary>
    internal bool IsUnimplemented { get; init; }

    /// <summary>Whether the user of this side ended the call early, which is not a failure.</summary>
    internal bool EndedByUser { get; init; }

    /// <summary>Whether the call was cancelled because the handler that made it ended or was cancelled; the cause is then the inner exception.</summary>
    internal bool FollowsParent { get; init; }
}
