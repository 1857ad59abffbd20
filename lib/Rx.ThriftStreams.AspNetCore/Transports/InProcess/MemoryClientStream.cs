using System.Runtime.CompilerServices;
using System.Collections.ObjectModel;
using System.Threading.Channels;
using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.AspNetCore.Transports.InProcess;

/// <summary>The client's side of a call within the process.</summary>
internal sealed class MemoryClientStream<TRequest, TResponse>(MemoryExchange exchange, MessageLimits limits) : ClientTransportStream<TRequest, TResponse>
    where TRequest : class, IThriftStruct<TRequest>
    where TResponse : class, IThriftStruct<TResponse>
{
    private TResponse? _current;
    private int _currentSize;
    private volatile bool _ended;

    internal override string Peer => MemoryTransport.PeerName;

    internal override TResponse Current => _current ?? throw CallErrors.NothingReceived();

    internal override int CurrentSize => _currentSize;

    public override long QueuedBytes => exchange.Responses.Bytes;

    internal override Task<ThriftMetadata> Headers => exchange.Headers;

    internal override ThriftMetadata Trailers => _ended ? exchange.Trailers : ThriftMetadata.Empty;

    internal override IReadOnlyDictionary<string, string> Backward
        => _ended ? new ReadOnlyDictionary<string, string>(exchange.Backward) : base.Backward;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    internal override async ValueTask<int> SendAsync(TRequest message)
    {
        byte[] bytes;
        try
        {
            bytes = ThriftSerializer.SerializeToArray(message);
        }
        catch (ThriftProtocolException error)
        {
            throw ThriftProtocolException.Unsent(error);
        }

        try
        {
            await exchange.Requests.WriteAsync(bytes, CancellationToken.None).ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            throw exchange.Error ?? CallErrors.EndedBeforeSend(exchange.Method);
        }

        return bytes.Length;
    }

    internal override ValueTask CompleteAsync()
    {
        exchange.Requests.Complete();
        return default;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    internal override async ValueTask<bool> ReceiveAsync()
    {
        if (exchange.Method.IsOneway)
        {
            // As over gRPC: no answer comes, and nobody may wait for one.
            _ended = true;
            return false;
        }

        while (await exchange.Responses.WaitToReadAsync(CancellationToken.None).ConfigureAwait(false))
        {
            if (exchange.Responses.TryRead(out var bytes))
            {
                if (bytes.Length > limits.MaxSize)
                {
                    throw limits.TooLarge(bytes.Length);
                }

                _current = limits.Decode<TResponse>(bytes, ThriftProtocol.Binary, exchange.Start.Over);
                _currentSize = bytes.Length;
                return true;
            }
        }

        _ended = true;
        return exchange.Error is { } error ? throw error : false;
    }

    internal override void Abort(Exception reason)
    {
        _ended = true;
        exchange.Abort(reason);
    }

    public override ValueTask DisposeAsync()
    {
        if (!_ended)
        {
            Abort(CallErrors.Disposed(exchange.Method));
        }

        return default;
    }
}
