using System.Runtime.CompilerServices;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.Diagnostics;

/// <summary>Decorates a server's transport stream: reports what passes through it.</summary>
internal sealed class ObservedServerStream<TRequest, TResponse> : DelegatingServerStream<TRequest, TResponse>
    where TRequest : class, IThriftStruct<TRequest>
    where TResponse : class, IThriftStruct<TResponse>
{
    private readonly CallObservation _observation;

    internal ObservedServerStream(ServerTransportStream<TRequest, TResponse> inner, CallObservation observation)
        : base(inner)
    {
        _observation = observation;
        observation.Connected(inner);
    }

    internal override ValueTask<bool> ReceiveAsync(CancellationToken cancellationToken)
    {
        _observation.Receives();
        ValueTask<bool> receive;
        try
        {
            receive = Inner.ReceiveAsync(cancellationToken);
        }
        catch (Exception error)
        {
            _observation.ReceiveFailed(error);
            throw;
        }

        return receive.IsCompletedSuccessfully ? new(Received(receive.Result)) : AwaitReceiveAsync(receive);
    }

    internal override ValueTask<int> SendAsync(TResponse message, ThriftMetadata headers, CancellationToken cancellationToken)
    {
        ValueTask<int> send;
        try
        {
            send = Inner.SendAsync(message, headers, cancellationToken);
        }
        catch (Exception error)
        {
            _observation.SendFailed(error);
            throw;
        }

        if (!send.IsCompletedSuccessfully)
        {
            return AwaitSendAsync(send);
        }

        var size = send.Result;
        _observation.Sent(size);
        return new(size);
    }

    internal override ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        var flush = Inner.FlushAsync(cancellationToken);
        return flush.IsCompletedSuccessfully ? flush : AwaitFlushAsync(flush);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask AwaitFlushAsync(ValueTask flush)
    {
        var since = _observation.SendWaits();
        await flush.ConfigureAwait(false);
        _observation.SendWaited(since);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> AwaitSendAsync(ValueTask<int> send)
    {
        var since = _observation.SendWaits();
        try
        {
            var size = await send.ConfigureAwait(false);
            _observation.SendWaited(since);
            _observation.Sent(size);
            return size;
        }
        catch (Exception error)
        {
            _observation.SendFailed(error);
            throw;
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> AwaitReceiveAsync(ValueTask<bool> receive)
    {
        bool received;
        try
        {
            received = await receive.ConfigureAwait(false);
        }
        catch (Exception error)
        {
            _observation.ReceiveFailed(error);
            throw;
        }

        return Received(received);
    }

    private bool Received(bool received)
    {
        if (received)
        {
            _observation.Received(Inner.CurrentSize);
        }

        return received;
    }
}
