using System.Runtime.CompilerServices;
using Grpc.Core;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Transports.Grpc;

/// <summary>One call over Grpc.Net.Client.</summary>
internal sealed class GrpcClientStream<TRequest, TResponse> : ClientTransportStream<TRequest, TResponse>
    where TRequest : class, IThriftStruct<TRequest>
    where TResponse : class, IThriftStruct<TResponse>
{
    private readonly AsyncDuplexStreamingCall<GrpcRequest<TRequest>, GrpcBatch<TResponse>> _call;
    private readonly GrpcExchange _exchange;
    private readonly GrpcRequest<TRequest> _request = new();
    private readonly GrpcOneways? _oneways;
    private GrpcBatch<TResponse>? _batch;
    private TResponse? _current;
    private int _currentSize;
    private bool _receivedOnewayEnd;
    private int _ended;

    internal GrpcClientStream(
        AsyncDuplexStreamingCall<GrpcRequest<TRequest>, GrpcBatch<TResponse>> call,
        GrpcExchange exchange,
        string peer,
        GrpcOneways? oneways)
    {
        _call = call;
        _exchange = exchange;
        _oneways = oneways;
        Peer = peer;
    }

    internal override string Peer { get; }

    internal override TResponse Current => _current ?? throw new InvalidOperationException("Nothing has been received.");

    internal override int CurrentSize => _currentSize;

    internal override Task<ThriftMetadata> Headers => _exchange.Headers;

    internal override ThriftMetadata Trailers => Volatile.Read(ref _ended) == 0 ? ThriftMetadata.Empty : _exchange.Trailers;

    internal override ValueTask<int> SendAsync(TRequest message)
    {
        _request.Message = message;
        var write = _call.RequestStream.WriteAsync(_request);
        return write.IsCompletedSuccessfully ? new(_request.Size) : AwaitWriteAsync(write);
    }

    internal override async ValueTask CompleteAsync()
    {
        try
        {
            await _call.RequestStream.CompleteAsync().ConfigureAwait(false);
        }
        catch (Exception error) when (GrpcErrors.IsTransportError(error))
        {
            throw GrpcErrors.ToThriftException(error, _exchange, Peer);
        }
    }

    internal override ValueTask<bool> ReceiveAsync()
    {
        if (_batch is { } batch)
        {
            if (batch.TryTake(out _current, out _currentSize))
            {
                return new(true);
            }

            if (batch.Error is { } error)
            {
                return ValueTask.FromException<bool>(error);
            }
        }

        return AwaitBatchAsync();
    }

    internal override void Abort(Exception reason)
    {
        End();
        _call.Dispose();
    }

    public override ValueTask DisposeAsync()
    {
        End();
        if (_oneways is not null && _receivedOnewayEnd)
        {
            _oneways.Linger(_call, _call.ResponseStream);
        }
        else
        {
            _call.Dispose();
        }

        return default;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> AwaitWriteAsync(Task write)
    {
        try
        {
            await write.ConfigureAwait(false);
            return _request.Size;
        }
        catch (Exception error) when (GrpcErrors.IsTransportError(error))
        {
            throw ToSendError(error);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> AwaitBatchAsync()
    {
        if (_oneways is not null)
        {
            // A Kitex server never answers a oneway call over gRPC, so nobody may wait for more than the sending.
            try
            {
                await _exchange.Sent.ConfigureAwait(false);
            }
            catch (Exception error) when (GrpcErrors.IsTransportError(error))
            {
                throw GrpcErrors.ToThriftException(error, _exchange, Peer);
            }

            _receivedOnewayEnd = true;
            End();
            return false;
        }

        try
        {
            while (await _call.ResponseStream.MoveNext(CancellationToken.None).ConfigureAwait(false))
            {
                _batch = _call.ResponseStream.Current;
                if (_batch.TryTake(out _current, out _currentSize))
                {
                    return true;
                }

                if (_batch.Error is { } error)
                {
                    throw error;
                }
            }
        }
        catch (Exception error) when (GrpcErrors.IsTransportError(error))
        {
            End();
            throw GrpcErrors.ToThriftException(error, _exchange, Peer);
        }

        End();
        if (_exchange.Truncated)
        {
            throw new ThriftProtocolException("The response ended within a message.");
        }

        return false;
    }

    /// <summary>A send fails because of how the call ended, if it has.</summary>
    private ThriftException ToSendError(Exception error)
    {
        Status status;
        try
        {
            status = _call.GetStatus();
        }
        catch (InvalidOperationException)
        {
            return GrpcErrors.ToThriftException(error, _exchange, Peer);
        }

        return status.StatusCode == StatusCode.OK
            ? new ThriftStatusException(ThriftStatusCode.Internal, $"{Peer} has ended the call: nothing more can be sent.", error)
            : GrpcErrors.ToThriftException(new RpcException(status), _exchange, Peer);
    }

    private void End()
    {
        if (Interlocked.Exchange(ref _ended, 1) == 0)
        {
            _exchange.SetEnded();
        }
    }
}
