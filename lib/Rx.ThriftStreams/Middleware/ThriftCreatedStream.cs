using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Transports;

namespace Rx.ThriftStreams.Middleware;

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

/// <inheritdoc/>
internal sealed class ThriftCreatedStream<TRequest, TResponse>(
    ThriftClientContext context,
    ClientTransportStream<TRequest, TResponse> origin,
    ClientTransportStream<TRequest, TResponse> stream) : ThriftCreatedStream
    where TRequest : class, IThriftStruct<TRequest>
    where TResponse : class, IThriftStruct<TResponse>
{
    public override string Peer => stream.Peer;

    /// <summary>The stream without middleware.</summary>
    internal ClientTransportStream<TRequest, TResponse> Origin => origin;

    internal ClientTransportStream<TRequest, TResponse> Stream => stream;

    public override ThriftCreatedStream With(ThriftSendMiddleware? send = null, ThriftReceiveMiddleware? receive = null)
        => new ThriftCreatedStream<TRequest, TResponse>(
            context,
            origin,
            new MiddlewareClientStream<TRequest, TResponse>(stream, context, send is null ? [] : [send], receive is null ? [] : [receive]));
}
