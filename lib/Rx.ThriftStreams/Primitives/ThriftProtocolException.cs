namespace Rx.ThriftStreams;

/// <summary>A protocol was violated: bytes are truncated, mistyped, nested too deeply, too large, or not allowed in the current state.</summary>
public sealed class ThriftProtocolException : ThriftException
{
    /// <summary>Creates the error.</summary>
    /// <param name="message">What is wrong, and where.</param>
    /// <param name="offset">The byte offset in the message, or −1 if there is none.</param>
    /// <param name="fieldId">The id of the innermost field that was being read, or <see langword="null"/>.</param>
    /// <param name="innerException">The cause, if another error led here.</param>
    public ThriftProtocolException(string message, long offset = -1, short? fieldId = null, Exception? innerException = null)
        : base(message, innerException)
    {
        Offset = offset;
        FieldId = fieldId;
    }

    /// <summary>The byte offset in the message at which reading failed, or −1 if there is none.</summary>
    public long Offset { get; }

    /// <summary>The id of the innermost field that was being read, or <see langword="null"/> outside of fields.</summary>
    public short? FieldId { get; }

    /// <summary><see cref="ThriftStatusCode.Internal"/>; <see cref="ThriftStatusCode.ResourceExhausted"/> if a size or memory limit of the reader was exceeded.</summary>
    public override ThriftStatusCode StatusCode => IsOverLimit ? ThriftStatusCode.ResourceExhausted : ThriftStatusCode.Internal;

    /// <summary>Whether the bytes follow the protocol but exceed a size or memory limit of the reader.</summary>
    internal bool IsOverLimit { get; init; }

    /// <summary>Whether a message of this side cannot be written. Nothing of it was sent: the peer is not the cause.</summary>
    internal bool IsUnsent { get; private init; }

    /// <summary>The error for a request that cannot be written, from what its fields or headers have.</summary>
    internal static ThriftProtocolException Unsent(ThriftProtocolException cause)
        => new($"The request was not sent: {cause.Message}", cause.Offset, cause.FieldId, cause) { IsUnsent = true };

    /// <summary>The error for a response that cannot be written: the handler that returned it is at fault, not its caller.</summary>
    internal static ThriftProtocolException UnsentResponse(ThriftProtocolException cause)
        => new($"The response was not sent: {cause.Message}", cause.Offset, cause.FieldId, cause) { IsUnsent = true };

    /// <summary>Creates the error for a missing required field. Called by generated code.</summary>
    /// <param name="structName">The struct's name in the IDL.</param>
    /// <param name="fieldName">The field's name in the IDL.</param>
    /// <param name="fieldId">The field's id.</param>
    public static ThriftProtocolException RequiredFieldMissing(string structName, string fieldName, short fieldId)
        => new($"required field {fieldName} is not set (struct {structName}).", -1, fieldId);
}
