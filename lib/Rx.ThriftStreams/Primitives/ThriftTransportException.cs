namespace Rx.ThriftStreams;

/// <summary>A connection was lost, or the peer aborted a stream, after it had been created. Never an ordinary end.</summary>
public sealed class ThriftTransportException : ThriftException
{
    /// <summary>Creates the error.</summary>
    /// <param name="statusCode">What it means as a status.</param>
    /// <param name="message">What happened.</param>
    /// <param name="innerException">The cause.</param>
    public ThriftTransportException(ThriftStatusCode statusCode, string message, Exception? innerException = null)
        : base(message, innerException)
    {
        StatusCode = statusCode;
    }

    /// <summary>What it means as a status, for instance <see cref="ThriftStatusCode.Unavailable"/> for a lost connection.</summary>
    public override ThriftStatusCode StatusCode { get; }
}
