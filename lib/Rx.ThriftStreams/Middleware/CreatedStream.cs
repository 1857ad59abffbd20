using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.Middleware;

/// <inheritdoc/>
internal sealed class CreatedStream<TRequest, TResponse>(
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
        => new CreatedStream<TRequest, TResponse>(
            context,
            origin,
            new MiddlewareClientStream<TRequest, TResponse>(stream, context, send is null ? [] : [send], receive is null ? [] : [receive]));
}
