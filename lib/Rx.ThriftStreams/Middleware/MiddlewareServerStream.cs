using System.Runtime.CompilerServices;
using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.Middleware;

/// <summary>Decorates a server's transport stream: its messages go through the middleware.</summary>
internal sealed class MiddlewareServerStream<TRequest, TResponse> : DelegatingServerStream<TRequest, TResponse>
    where TRequest : class, IThriftStruct<TRequest>
    where TResponse : class, IThriftStruct<TResponse>
{
    private readonly ThriftServerContext _context;
    private readonly Func<object, ValueTask>? _send;
    private readonly Func<ValueTask<object?>>? _receive;

    private TResponse? _sending;
    private object? _sendingShown;
    private ThriftMetadata _sendingHeaders = ThriftMetadata.Empty;
    private CancellationToken _sendingToken;
    private int _sentSize;
    private object? _receivedShown;
    private CancellationToken _receivingToken;
    private TRequest? _current;
    private bool _ended;

    internal MiddlewareServerStream(
        ServerTransportStream<TRequest, TResponse> inner,
        ThriftServerContext context,
        ThriftSendMiddleware[] send,
        ThriftReceiveMiddleware[] receive)
        : base(inner)
    {
        _context = context;
        _send = send.Length == 0 ? null : MessageMiddleware.Fold(send, context, SendLastAsync);
        _receive = receive.Length == 0 ? null : MessageMiddleware.Fold(receive, context, ReceiveLastAsync);
    }

    internal override TRequest Current => _receive is null ? Inner.Current : _current ?? throw CallErrors.NothingReceived();

    internal override ValueTask<bool> ReceiveAsync(CancellationToken cancellationToken)
        => _receive is null ? Inner.ReceiveAsync(cancellationToken) : ReceiveThroughAsync(_receive, cancellationToken);

    internal override ValueTask<int> SendAsync(TResponse message, ThriftMetadata headers, CancellationToken cancellationToken)
        => _send is null ? Inner.SendAsync(message, headers, cancellationToken) : SendThroughAsync(_send, message, headers, cancellationToken);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> SendThroughAsync(Func<object, ValueTask> send, TResponse message, ThriftMetadata headers, CancellationToken cancellationToken)
    {
        _sentSize = 0;
        (_sending, _sendingShown, _sendingHeaders, _sendingToken) = (message, MessageMiddleware.Show(message), headers, cancellationToken);
        await send(_sendingShown).ConfigureAwait(false);
        return _sentSize;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask SendLastAsync(object message)
    {
        var typed = MessageMiddleware.Take(message, _sendingShown, _sending, _context.Method);
        _sentSize = await Inner.SendAsync(typed, _sendingHeaders, _sendingToken).ConfigureAwait(false);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> ReceiveThroughAsync(Func<ValueTask<object?>> receive, CancellationToken cancellationToken)
    {
        _receivingToken = cancellationToken;
        if (await receive().ConfigureAwait(false) is not { } message)
        {
            return false;
        }

        _current = MessageMiddleware.Take(message, _receivedShown, _ended ? null : Inner.Current, _context.Method);
        return true;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<object?> ReceiveLastAsync()
    {
        if (!_ended && await Inner.ReceiveAsync(_receivingToken).ConfigureAwait(false))
        {
            return _receivedShown = MessageMiddleware.Show(Inner.Current);
        }

        _ended = true;
        return null;
    }
}
