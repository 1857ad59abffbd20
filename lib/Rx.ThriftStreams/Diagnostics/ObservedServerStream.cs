using System.Runtime.CompilerServices;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.Diagnostics;

/// <summary>Decorates a server's transport stream: reports what passes through it.</summary>
internal sealed class ObservedServerStream<TRequest, TResponse>(
    ServerTransportStream<TRequest, TResponse> inner,
    CallObservation observation) : DelegatingServerStream<TRequest, TResponse>(inner)
    where TRequest : class, IThriftStruct<TRequest>
    where TResponse : class, IThriftStruct<TResponse>
{
    internal override ValueTask<bool> ReceiveAsync(CancellationToken cancellationToken)
    {
        ValueTask<bool> receive;
        try
        {
            receive = Inner.ReceiveAsync(cancellationToken);
        }
        catch (Exception error)
        {
            observation.ReceiveFailed(error);
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
            observation.SendFailed(error);
            throw;
        }

        if (!send.IsCompletedSuccessfully)
        {
            return AwaitSendAsync(send);
        }

        var size = send.Result;
        observation.Sent(size);
        return new(size);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> AwaitSendAsync(ValueTask<int> send)
    {
        var since = observation.SendWaits();
        try
        {
            var size = await send.ConfigureAwait(false);
            observation.SendWaited(since);
            observation.Sent(size);
            return size;
        }
        catch (Exception error)
        {
            observation.SendFailed(error);
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
            observation.ReceiveFailed(error);
            throw;
        }

        return Received(received);
    }

    private bool Received(bool received)
    {
        if (received)
        {
            observation.Received(Inner.CurrentSize);
        }

        return received;
    }
}
