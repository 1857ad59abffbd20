using System.Runtime.CompilerServices;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.Diagnostics;

/// <summary>Decorates a client's transport stream: reports what passes through it.</summary>
internal sealed class ObservedClientStream<TRequest, TResponse> : DelegatingClientStream<TRequest, TResponse>
    where TRequest : class, IThriftStruct<TRequest>
    where TResponse : class, IThriftStruct<TResponse>
{
    private readonly CallObservation _observation;

    internal ObservedClientStream(ClientTransportStream<TRequest, TResponse> inner, CallObservation observation)
        : base(inner)
    {
        _observation = observation;
        observation.Connected(inner.Peer, inner);
        _ = ReportHeadersAsync();
    }

    internal override ValueTask<int> SendAsync(TRequest message)
    {
        ValueTask<int> send;
        try
        {
            send = Inner.SendAsync(message);
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

    internal override ValueTask<bool> ReceiveAsync()
    {
        _observation.Receives();
        ValueTask<bool> receive;
        try
        {
            receive = Inner.ReceiveAsync();
        }
        catch (Exception error)
        {
            _observation.ReceiveFailed(error);
            throw;
        }

        return receive.IsCompletedSuccessfully ? new(Received(receive.Result)) : AwaitReceiveAsync(receive);
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
            // The transport may complete the headers on another thread, later than the message that followed them.
            if (Inner.Headers.IsCompletedSuccessfully)
            {
#pragma warning disable RS0030 // The task is completed.
                _observation.HeadersReceived(Inner.Headers.Result);
#pragma warning restore RS0030
            }

            _observation.Received(Inner.CurrentSize);
        }

        return received;
    }

    /// <summary>Empty headers may mean that the call ended without headers, and are therefore reported only with a message.</summary>
    private async Task ReportHeadersAsync()
    {
        var headers = await Inner.Headers.ConfigureAwait(false);
        if (headers.Count > 0)
        {
            _observation.HeadersReceived(headers);
        }
    }
}
