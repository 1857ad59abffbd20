using System.Runtime.CompilerServices;
using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.Transports.TTHeaderStreaming;

/// <summary>One call over TTHeader Streaming, with the types of its messages.</summary>
/// <param name="stream">Its frames.</param>
/// <param name="over">Cancelled when the call is over.</param>
internal sealed class TTHeaderClientStream<TRequest, TResponse>(ClientFrameStream stream, CancellationToken over) : ClientTransportStream<TRequest, TResponse>
    where TRequest : class, IThriftStruct<TRequest>
    where TResponse : class, IThriftStruct<TResponse>
{
    private TResponse? _current;
    private int _currentSize;

    internal override string Peer => stream.Connection.Peer;

    internal override TResponse Current => _current ?? throw CallErrors.NothingReceived();

    internal override int CurrentSize => _currentSize;

    public override long QueuedBytes => stream.Inbox.QueuedBytes;

    internal override Task<ThriftMetadata> Headers => stream.Headers;

    internal override ThriftMetadata Trailers => stream.Trailers;

    internal override ValueTask<int> SendAsync(TRequest message) => stream.Outbox.SendAsync(message, CancellationToken.None);

    internal override ValueTask CompleteAsync()
    {
        stream.CloseSend();
        return default;
    }

    internal override ValueTask<bool> ReceiveAsync()
        => stream.Inbox.TryReceive(out _current, out _currentSize, over) ? new(true) : AwaitReceiveAsync();

    internal override void Abort(Exception reason) => stream.Abort(reason);

    public override ValueTask DisposeAsync()
    {
        stream.Abort(new OperationCanceledException("The call was disposed."));
        stream.Release();
        return default;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> AwaitReceiveAsync()
    {
        while (await stream.Inbox.WaitToReceiveAsync(CancellationToken.None).ConfigureAwait(false))
        {
            if (stream.Inbox.TryReceive(out _current, out _currentSize, over))
            {
                return true;
            }
        }

        return false;
    }
}
