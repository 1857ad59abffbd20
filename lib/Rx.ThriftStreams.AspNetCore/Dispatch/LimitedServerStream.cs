using System.Runtime.CompilerServices;
using Rx.ThriftStreams.AspNetCore.Protection;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Transport;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.AspNetCore.Dispatch;

/// <summary>Decorates a server's transport stream: ends the call when its caller sends messages faster than the limit.</summary>
internal sealed class LimitedServerStream<TRequest, TResponse>(ServerTransportStream<TRequest, TResponse> inner, int perSecond, TimeProvider clock)
    : DelegatingServerStream<TRequest, TResponse>(inner)
    where TRequest : class, IThriftStruct<TRequest>
    where TResponse : class, IThriftStruct<TResponse>
{
    private readonly CallRate _rate = new(clock);
    private bool _isRefused;

    internal override ValueTask<bool> ReceiveAsync(CancellationToken cancellationToken)
    {
        if (_isRefused)
        {
            // A handler that ignores the error must not receive more messages.
            throw new RefusedException(RefusalKind.Messages);
        }

        var receive = Inner.ReceiveAsync(cancellationToken);
        return receive.IsCompletedSuccessfully ? new(Count(receive.Result)) : AwaitAsync(receive);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> AwaitAsync(ValueTask<bool> receive) => Count(await receive.ConfigureAwait(false));

    private bool Count(bool received)
    {
        if (received && !_rate.TryTake(perSecond))
        {
            _isRefused = true;
            throw new RefusedException(RefusalKind.Messages);
        }

        return received;
    }
}
