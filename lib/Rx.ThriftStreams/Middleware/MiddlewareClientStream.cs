using System.Runtime.CompilerServices;
using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.Middleware;

/// <summary>Decorates a client's transport stream: its messages go through the middleware.</summary>
internal sealed class MiddlewareClientStream<TRequest, TResponse> : DelegatingClientStream<TRequest, TResponse>
    where TRequest : class, IThriftStruct<TRequest>
    where TResponse : class, IThriftStruct<TResponse>
{
    private readonly ThriftClientContext _context;
    private readonly Func<object, ValueTask>? _send;
    private readonly Func<ValueTask<object?>>? _receive;

    // At most one send and one receive run at a time, so each direction needs only one field for its operation.
    private TRequest? _sending;
    private object? _sendingShown;
    private int _sentSize;
    private object? _receivedShown;
    private TResponse? _current;
    private bool _ended;

    internal MiddlewareClientStream(
        ClientTransportStream<TRequest, TResponse> inner,
        ThriftClientContext context,
        ThriftSendMiddleware[] send,
        ThriftReceiveMiddleware[] receive)
        : base(inner)
    {
        _context = context;
        _send = send.Length == 0 ? null : MessageMiddleware.Fold(send, context, SendLastAsync);
        _receive = receive.Length == 0 ? null : MessageMiddleware.Fold(receive, context, ReceiveLastAsync);
    }

    internal override TResponse Current => _receive is null ? Inner.Current : _current ?? throw CallErrors.NothingReceived();

    internal override ValueTask<int> SendAsync(TRequest message) => _send is null ? Inner.SendAsync(message) : SendThroughAsync(_send, message);

    internal override ValueTask<bool> ReceiveAsync() => _receive is null ? Inner.ReceiveAsync() : ReceiveThroughAsync(_receive);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> SendThroughAsync(Func<object, ValueTask> send, TRequest message)
    {
        _sentSize = 0;
        _sending = message;
        _sendingShown = MessageMiddleware.Show(message);
        await send(_sendingShown).ConfigureAwait(false);
        return _sentSize;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask SendLastAsync(object message)
        => _sentSize = await Inner.SendAsync(MessageMiddleware.Take(message, _sendingShown, _sending, _context.Method)).ConfigureAwait(false);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> ReceiveThroughAsync(Func<ValueTask<object?>> receive)
    {
        if (await receive().ConfigureAwait(false) is { } message)
        {
            _current = MessageMiddleware.Take(message, _receivedShown, _ended ? null : Inner.Current, _context.Method);
            return true;
        }

        return _context.BizStatus is { } biz ? throw biz : false;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<object?> ReceiveLastAsync()
    {
        if (_ended)
        {
            return null;
        }

        try
        {
            if (await Inner.ReceiveAsync().ConfigureAwait(false))
            {
                return _receivedShown = MessageMiddleware.Show(Inner.Current);
            }
        }
        catch (ThriftBizStatusException biz)
        {
            // A business error is not a failure of the call, on every transport; Kitex does the same over gRPC.
            _context.BizStatus = biz;
        }

        _ended = true;
        return null;
    }
}
