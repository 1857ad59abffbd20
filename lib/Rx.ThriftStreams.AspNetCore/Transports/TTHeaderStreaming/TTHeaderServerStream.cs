using System.Runtime.CompilerServices;
using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.AspNetCore.Transports.TTHeaderStreaming;

/// <summary>The messages of one call over TTHeader Streaming.</summary>
internal sealed class TTHeaderServerStream<TRequest, TResponse>(TTHeaderServerCall call, ServerFrameStream stream)
    : ServerTransportStream<TRequest, TResponse>
    where TRequest : class, IThriftStruct<TRequest>
    where TResponse : class, IThriftStruct<TResponse>
{
    private TRequest? _current;
    private int _currentSize;

    internal override TRequest Current => _current ?? throw CallErrors.NothingReceived();

    internal override int CurrentSize => _currentSize;

    public override long QueuedBytes => stream.Inbox.QueuedBytes;

    internal override ValueTask<bool> ReceiveAsync(CancellationToken cancellationToken)
    {
        try
        {
            return stream.Inbox.TryReceive(out _current, out _currentSize, cancellationToken) ? new(true) : AwaitReceiveAsync(cancellationToken);
        }
        catch (ThriftException error) when (IsCallerGone(error))
        {
            throw call.CallerGone(error);
        }
    }

    internal override ValueTask<int> SendAsync(TResponse message, ThriftMetadata headers, CancellationToken cancellationToken)
    {
        // The connection gathers what comes close together by itself, so that "more" makes no difference.
        cancellationToken.ThrowIfCancellationRequested();
        call.WriteHeaders(headers);
        try
        {
            var send = stream.Outbox.SendAsync(message, cancellationToken);
            return send.IsCompletedSuccessfully ? send : AwaitSendAsync(send);
        }
        catch (ThriftException error) when (IsCallerGone(error))
        {
            throw call.CallerGone(error);
        }
    }

    private bool IsCallerGone(ThriftException error) => ReferenceEquals(error, stream.Reason);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> AwaitSendAsync(ValueTask<int> send)
    {
        try
        {
            return await send.ConfigureAwait(false);
        }
        catch (ThriftException error) when (IsCallerGone(error))
        {
            throw call.CallerGone(error);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> AwaitReceiveAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (await stream.Inbox.WaitToReceiveAsync(cancellationToken).ConfigureAwait(false))
            {
                if (stream.Inbox.TryReceive(out _current, out _currentSize, cancellationToken))
                {
                    return true;
                }
            }

            return false;
        }
        catch (ThriftException error) when (IsCallerGone(error))
        {
            throw call.CallerGone(error);
        }
    }
}
