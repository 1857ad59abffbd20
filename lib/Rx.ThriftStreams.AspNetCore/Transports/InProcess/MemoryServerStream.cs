using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.AspNetCore.Transports.InProcess;

/// <summary>The messages of a call within the process, on the server.</summary>
internal sealed class MemoryServerStream<TRequest, TResponse>(MemoryServerCall call, MemoryExchange exchange, MessageLimits limits) : ServerTransportStream<TRequest, TResponse>
    where TRequest : class, IThriftStruct<TRequest>
    where TResponse : class, IThriftStruct<TResponse>
{
    private TRequest? _current;
    private int _currentSize;

    internal override TRequest Current => _current ?? throw CallErrors.NothingReceived();

    internal override int CurrentSize => _currentSize;

    public override long QueuedBytes => exchange.Requests.Bytes;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    internal override async ValueTask<bool> ReceiveAsync(CancellationToken cancellationToken)
    {
        while (await WaitToReadAsync(cancellationToken).ConfigureAwait(false))
        {
            if (exchange.Requests.TryRead(out var bytes))
            {
                if (bytes.Length > limits.MaxSize)
                {
                    throw limits.TooLarge(bytes.Length);
                }

                _current = limits.Decode<TRequest>(bytes, ThriftProtocol.Binary, cancellationToken);
                _currentSize = bytes.Length;
                return true;
            }
        }

        return false;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> WaitToReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await exchange.Requests.WaitToReadAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (ReferenceEquals(error, exchange.AbortedWith))
        {
            throw call.CallerGone(error);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    internal override async ValueTask<int> SendAsync(TResponse message, ThriftMetadata headers, CancellationToken cancellationToken)
    {
        byte[] bytes;
        try
        {
            bytes = ThriftSerializer.SerializeToArray(message);
        }
        catch (ThriftProtocolException error)
        {
            throw ThriftProtocolException.UnsentResponse(error);
        }

        exchange.SetHeaders(headers);
        try
        {
            await exchange.Responses.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
        }
        catch (ChannelClosedException closed)
        {
            throw call.CallerGone(closed);
        }

        return bytes.Length;
    }
}
