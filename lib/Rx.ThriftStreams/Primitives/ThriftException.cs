namespace Rx.ThriftStreams;

/// <summary>The base of every error that this library reports. A cancelled token is not one: that is an <see cref="OperationCanceledException"/> with the token.</summary>
public abstract class ThriftException : Exception
{
    private protected ThriftException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    /// <summary>The status that the error has, or would have, on the wire.</summary>
    public abstract ThriftStatusCode StatusCode { get; }
}
