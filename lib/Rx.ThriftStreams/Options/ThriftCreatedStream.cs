namespace Rx.ThriftStreams;

/// <summary>A newly created client stream, as passed to stream middleware.</summary>
public abstract class ThriftCreatedStream
{
    private protected ThriftCreatedStream()
    {
    }

    /// <summary>The server's address, as <c>host:port</c>.</summary>
    public abstract string Peer { get; }

    /// <summary>The same stream with middleware around its messages, closer to the network than the channel's.</summary>
    /// <param name="send">Around each send, or <see langword="null"/>.</param>
    /// <param name="receive">Around each receive, or <see langword="null"/>.</param>
    public abstract ThriftCreatedStream With(ThriftSendMiddleware? send = null, ThriftReceiveMiddleware? receive = null);
}
