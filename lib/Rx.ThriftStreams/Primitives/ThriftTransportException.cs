namespace Rx.ThriftStreams;

/// <summary>A connection was lost, or the peer aborted a stream, after it had been created. Never used for a normal end.</summary>
public sealed class ThriftTransportException : ThriftException
{
    /// <summary>Creates the error.</summary>
    /// <param name="statusCode">The equivalent status.</param>
    /// <param name="message">What happened.</param>
    /// <param name="innerException">The cause.</param>
    public ThriftTransportException(ThriftStatusCode statusCode, string message, Exception? innerException = null)
        : base(message, innerException)
    {
        StatusCode = statusCode;
    }

    /// <summary>The equivalent status, for instance <see cref="ThriftStatusCode.Unavailable"/> for a lost connection.</summary>
    public override ThriftStatusCode StatusCode { get; }
}
