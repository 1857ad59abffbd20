namespace Rx.ThriftStreams;

/// <summary>
/// The base of every error that this library reports. Its type and <see cref="StatusCode"/> depend on what happened, not on the transport. A cancelled
/// token is reported as an <see cref="OperationCanceledException"/> with that token instead.
/// </summary>
public abstract class ThriftException : Exception
{
    private protected ThriftException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    /// <summary>The status that the error has, or would have, on the wire.</summary>
    public abstract ThriftStatusCode StatusCode { get; }

    /// <summary>The number and text of the error in Kitex's own terms, if a peer sent them or Kitex has some for it; otherwise <see langword="null"/>.</summary>
    public ThriftKitexError? Kitex { get; internal init; }

    /// <summary>Whether a server in the same process has written the failure to the log of the channel.</summary>
    internal bool IsLogged { get; set; }

    /// <summary>Whether a call of this process ended with it, rather than that code of the application threw it.</summary>
    internal bool IsOfCallMade { get; set; }
}
