using System.Runtime.CompilerServices;
using Grpc.Core;
using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.Transports.Grpc;

/// <summary>One call over Grpc.Net.Client.</summary>
internal sealed class GrpcClientStream<TRequest, TResponse> : ClientTransportStream<TRequest, TResponse>
    where TRequest : class, IThriftStruct<TRequest>
    where TResponse : class, IThriftStruct<TResponse>
{
    private readonly GrpcCall _call;
    private readonly GrpcExchange _exchange;
    private readonly GrpcOneways? _oneways;
    private TResponse? _current;
    private int _currentSize;
    private bool _receivedOnewayEnd;
    private int _ended;

    internal GrpcClientStream(
        GrpcCall call,
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

    internal override TResponse Current => _current ?? throw CallErrors.NothingReceived();

    internal override int CurrentSize => _currentSize;

    public override long QueuedBytes => _exchange.Responses?.BufferedBytes ?? 0;

    internal override Task<ThriftMetadata> Headers => _exchange.Headers;

    internal override ThriftMetadata Trailers => Volatile.Read(ref _ended) == 0 ? ThriftMetadata.Empty : _exchange.Trailers;

    internal override ValueTask<int> SendAsync(TRequest message)
    {
        var send = _exchange.Requests.SendAsync(message);
        return send.IsCompletedSuccessfully ? send : AwaitSendAsync(send);
    }

    internal override ValueTask CompleteAsync()
    {
        _exchange.Requests.Complete();
        return default;
    }

    internal override ValueTask<bool> ReceiveAsync()
        => _exchange.Responses is { } responses && TryTake(responses) ? new(true) : AwaitReceiveAsync();

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
            _oneways.Linger(_call, _exchange);
        }
        else
        {
            _call.Dispose();
        }

        return default;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> AwaitSendAsync(ValueTask<int> send)
    {
        try
        {
            return await send.ConfigureAwait(false);
        }
        catch (Exception error) when (error is not ThriftException)
        {
            throw ToSendError(error);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> AwaitReceiveAsync()
    {
        if (_oneways is not null)
        {
            // A Kitex server never answers a oneway call over gRPC, so the call completes when its message is sent.
            await Task.WhenAny(_exchange.Sent, _exchange.Answered).ConfigureAwait(false);
            if (!_exchange.Sent.IsCompletedSuccessfully && _exchange.Responses is null)
            {
                // A server that has answered has the message, and may have ended the stream while the end of the request was in flight.
                try
                {
                    await _exchange.Sent.ConfigureAwait(false);
                }
                catch (Exception error) when (error is not ThriftException)
                {
                    throw GrpcErrors.ToThriftException(error, _exchange, Peer);
                }
            }

            _receivedOnewayEnd = true;
            if (Interlocked.Exchange(ref _ended, 1) == 0)
            {
                _exchange.SetOnewayEnded();
            }

            return false;
        }

        try
        {
            await _exchange.Answered.ConfigureAwait(false);
            if (_exchange.Responses is { } responses)
            {
                while (await responses.FillAsync(CancellationToken.None).ConfigureAwait(false))
                {
                    if (TryTake(responses))
                    {
                        return true;
                    }
                }
            }

            // The end has a status; Grpc.Net.Client decides what a failure of the connection means.
            await _call.EndAsync().ConfigureAwait(false);
        }
        catch (Exception error) when (error is not ThriftException)
        {
            End();
            throw GrpcErrors.ToThriftException(error, _exchange, Peer);
        }

        End();
        if (_exchange.Responses is { IsTruncated: true })
        {
            throw new ThriftProtocolException("The response ended within a message.");
        }

        return false;
    }

    private bool TryTake(GrpcResponseReader responses)
    {
        if (!responses.TryRead<TResponse>(out var message, out var size, _exchange.Start.Over))
        {
            return false;
        }

        _current = message;
        _currentSize = size;
        return true;
    }

    /// <summary>The error of a failed send: how the call ended, if it has.</summary>
    private ThriftException ToSendError(Exception error)
    {
        Status status;
        try
        {
            status = _call.GetStatus();
        }
        catch (InvalidOperationException) when (error is OperationCanceledException)
        {
            // HttpClient stops reading a request whose response is complete. Grpc.Net.Client may not have come to its status, or it has yet to be received.
            return _exchange.ReceivedStatus is { StatusCode: not StatusCode.OK } received
                ? GrpcErrors.ToThriftException(new RpcException(received), _exchange, Peer)
                : EndedByServer(error);
        }
        catch (InvalidOperationException)
        {
            return GrpcErrors.ToThriftException(error, _exchange, Peer);
        }

        return status.StatusCode == StatusCode.OK
            ? EndedByServer(error)
            : GrpcErrors.ToThriftException(new RpcException(status), _exchange, Peer);
    }

    private ThriftStatusException EndedByServer(Exception error)
        => new(ThriftStatusCode.Internal, $"{Peer} has ended the call: nothing more can be sent. Receive to learn how it ended.", error);

    private void End()
    {
        if (Interlocked.Exchange(ref _ended, 1) == 0)
        {
            _exchange.SetEnded();
        }
    }
}
