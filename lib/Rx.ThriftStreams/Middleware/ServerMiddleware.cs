using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.Middleware;

/// <summary>The middleware of a server.</summary>
internal sealed class ServerMiddleware(ThriftServerStreamMiddleware[] stream, ThriftSendMiddleware[] send, ThriftReceiveMiddleware[] receive)
{
    /// <summary>Handles a call through the middleware.</summary>
    internal ValueTask HandleAsync(ThriftServerContext context, Func<ValueTask> handle)
    {
        for (var i = stream.Length - 1; i >= 0; i--)
        {
            var (middleware, next) = (stream[i], handle);
            handle = () => middleware(context, next);
        }

        return handle();
    }

    internal ServerTransportStream<TRequest, TResponse> Around<TRequest, TResponse>(
        ServerTransportStream<TRequest, TResponse> inner,
        ThriftServerContext context)
        where TRequest : class, IThriftStruct<TRequest>
        where TResponse : class, IThriftStruct<TResponse>
        => send.Length + receive.Length == 0 ? inner : new MiddlewareServerStream<TRequest, TResponse>(inner, context, send, receive);
}
