namespace Rx.ThriftStreams;

/// <summary>A call has no bearer token: the delegate of <c>AddBearerToken</c> failed. Nothing was sent, and circuit breakers do not count it.</summary>
public sealed class ThriftAccessTokenException : ThriftException
{
    /// <summary>Creates the error.</summary>
    /// <param name="client">The name of the client.</param>
    /// <param name="innerException">What the delegate threw.</param>
    public ThriftAccessTokenException(string client, Exception innerException)
        : base(Describe(client, innerException), innerException)
    {
        Client = client;
    }

    /// <summary>The name of the client.</summary>
    public string Client { get; }

    /// <summary><see cref="ThriftStatusCode.Unavailable"/>: it is the source of tokens that did not answer, whatever the server would say.</summary>
    public override ThriftStatusCode StatusCode => ThriftStatusCode.Unavailable;

    private static string Describe(string client, Exception innerException)
    {
        ArgumentException.ThrowIfNullOrEmpty(client);
        ArgumentNullException.ThrowIfNull(innerException);
        return $"No bearer token for the Thrift client \"{client}\" could be obtained: {innerException.Message.TrimEnd('.')}.";
    }
}
