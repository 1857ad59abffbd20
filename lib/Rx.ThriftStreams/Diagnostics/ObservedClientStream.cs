using System.Runtime.CompilerServices;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.Diagnostics;

/// <summary>Stands before a client's transport stream and reports what passes.</summary>
internal sealed class ObservedClientStream<TRequest, TResponse> : ClientTransportStream<TRequest, TResponse>
    where TRequest : class, IThriftStruct<TRequest>
    where TResponse : class, IThriftStruct<TResponse>
{
    private readonly ClientTransportStream<TRequest, TResponse> _inner;
    private readonly CallObservation _observation;

    internal ObservedClientStream(ClientTransportStream<TRequest, TResponse> inner, CallObservation observation)
    {
        _inner = inner;
        _observation = observation;
        observation.Connected(inner.Peer);
        _ = ReportHeadersAsync();
    }

    internal override string Peer => _inner.Peer;

    internal override TResponse Current => _inner.Current;

    internal override int CurrentSize => _inner.CurrentSize;

    internal override Task<ThriftMetadata> Headers => _inner.Headers;

    internal override ThriftMetadata Trailers => _inner.Trailers;

    internal override IReadOnlyDictionary<string, string> Backward => _inner.Backward;

    internal override ValueTask<int> SendAsync(TRequest message)
    {
        ValueTask<int> send;
        try
        {
            send = _inner.SendAsync(message);
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

    internal override ValueTask CompleteAsync() => _inner.CompleteAsync();

    internal override ValueTask<bool> ReceiveAsync()
    {
        ValueTask<bool> receive;
        try
        {
            receive = _inner.ReceiveAsync();
        }
        catch (Exception error)
        {
            _observation.ReceiveFailed(error);
            throw;
        }

        return receive.IsCompletedSuccessfully ? new(Received(receive.Result)) : AwaitReceiveAsync(receive);
    }

    internal override void Abort(Exception reason) => _inner.Abort(reason);

    public override ValueTask DisposeAsync() => _inner.DisposeAsync();

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> AwaitSendAsync(ValueTask<int> send)
    {
        try
        {
            var size = await send.ConfigureAwait(false);
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
            // The transport may tell of the headers on another thread, later than of the message that came behind them.
            if (_inner.Headers.IsCompletedSuccessfully)
            {
#pragma warning disable RS0030 // The task is completed.
                _observation.HeadersReceived(_inner.Headers.Result);
#pragma warning restore RS0030
            }

            _observation.Received(_inner.CurrentSize);
        }

        return received;
    }

    /// <summary>Empty headers may be those of a call that ended without any, and are reported with a message only.</summary>
    private async Task ReportHeadersAsync()
    {
        var headers = await _inner.Headers.ConfigureAwait(false);
        if (headers.Count > 0)
        {
            _observation.HeadersReceived(headers);
        }
    }
}
