namespace Rx.ThriftStreams;

/// <summary>A client's stream that was just created, in the hands of stream middleware.</summary>
public abstract class ThriftCreatedStream
{
    private protected ThriftCreatedStream()
    {
    }

    /// <summary>The server's address, as <c>host:port</c>.</summary>
    public abstract string Peer { get; }

    /// <summary>The same stream with middleware around its messages, nearer to the network than the channel's.</summary>
    /// <param name="send">Around each send, or <see langword="null"/>.</param>
    /// <param name="receive">Around each receive, or <see langword="null"/>.</param>
    public abstract ThriftCreatedStream With(ThriftSendMiddleware? send = null, ThriftReceiveMiddleware? receive = null);
}
