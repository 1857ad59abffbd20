using System.Runtime.CompilerServices;
using Rx.ThriftStreams.Sockets;

namespace Rx.ThriftStreams.Transports.PingPong;

/// <summary>A connection that carries one call at a time.</summary>
internal sealed class PingPongConnection(SocketConnection socket, int maxMessageSize) : IAsyncDisposable
{
    private readonly PingPongMessageReader _reader = new(maxMessageSize);

    /// <summary>When the last call was over, by the pool's clock.</summary>
    internal long IdleSince { get; set; }

    internal string Peer => socket.Peer;

    /// <summary>Whether the server has closed the connection, or sent what nobody asked for, while it was idle.</summary>
    internal bool IsStale => socket.HasInput;

    /// <exception cref="ThriftTransportException">The connection is lost.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    internal async ValueTask SendAsync(ReadOnlyMemory<byte> request)
    {
        try
        {
            await socket.Output.WriteAsync(request).ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or InvalidOperationException)
        {
            throw PingPongErrors.Lost(Peer, error);
        }
    }

    /// <summary>Receives the answer.</summary>
    /// <exception cref="ThriftException">The connection is lost, or the bytes are no answer.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    internal async ValueTask ReceiveAsync(PingPongReply reply)
    {
        try
        {
            while (true)
            {
                var result = await socket.Input.ReadAsync().ConfigureAwait(false);
                var buffer = result.Buffer;
                var taken = _reader.TryRead(ref buffer, reply, null);
                socket.Input.AdvanceTo(buffer.Start, taken ? buffer.Start : buffer.End);
                if (taken)
                {
                    return;
                }

                if (result.IsCompleted)
                {
                    throw PingPongErrors.Lost(Peer, null);
                }
            }
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or InvalidOperationException)
        {
            throw PingPongErrors.Lost(Peer, error);
        }
    }

    internal void Abort(Exception reason) => socket.Abort(reason);

    public ValueTask DisposeAsync() => socket.DisposeAsync();
}
