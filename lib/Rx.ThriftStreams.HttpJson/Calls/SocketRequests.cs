using System.Net.WebSockets;
using System.Threading.Channels;
using Rx.ThriftStreams.AspNetCore.Dispatch;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.HttpJson.Calls;

/// <summary>
/// The requests that arrive over a WebSocket. A few are read ahead: the caller cancels by closing the socket, which a handler that does not read would not see.
/// </summary>
/// <param name="method">The method that is called.</param>
/// <param name="runtime">The server, whose limits apply.</param>
/// <param name="aborted">Cancelled when the socket is closed or lost.</param>
internal sealed class SocketRequests(JsonMethod method, ThriftServerRuntime runtime, CancellationTokenSource aborted) : IAsyncDisposable
{
    private const int ReadAhead = 16;

    private readonly PeerMemory _memory = runtime.CreateConnectionMemory();
    private readonly CancellationToken _aborted = aborted.Token;
    private readonly Channel<(ReadOnlyMemory<byte> Json, int Size)> _queue = Channel.CreateBounded<(ReadOnlyMemory<byte>, int)>(
        new BoundedChannelOptions(ReadAhead) { SingleReader = true, SingleWriter = true });

    private Task _reading = Task.CompletedTask;
    private int _held;

    internal void Begin(WebSocket socket) => _reading = ReadAsync(socket);

    /// <summary>Receives the next message; <see langword="null"/> when there are no more. Valid until the next call.</summary>
    internal async ValueTask<ReadOnlyMemory<byte>?> ReceiveAsync(CancellationToken cancellationToken)
    {
        _memory.Return(_held);
        _held = 0;
        while (await _queue.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
        {
            if (_queue.Reader.TryRead(out var request))
            {
                _held = request.Size;
                return request.Json;
            }
        }

        return null;
    }

    /// <summary>Takes no more requests, and waits until the caller has closed the socket or the token is cancelled.</summary>
    internal async Task EndAsync(CancellationToken cancellationToken)
    {
        _queue.Writer.TryComplete();
        await _reading.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Releases what is held. The socket has to be closed or aborted before.</summary>
    public async ValueTask DisposeAsync()
    {
        await EndAsync(CancellationToken.None).ConfigureAwait(false);
        while (_queue.Reader.TryRead(out var request))
        {
            _memory.Return(request.Size);
        }

        _memory.Return(_held);
        _memory.Close();
    }

    /// <summary>Reads until the caller closes the socket, which cancels the call unless it has ended.</summary>
    private async Task ReadAsync(WebSocket socket)
    {
        var messages = new SocketMessages(socket, runtime, _memory);
        try
        {
            await QueueAllAsync(messages).ConfigureAwait(false);
        }
        catch (Exception error) when (error is WebSocketException or OperationCanceledException)
        {
            // The connection was lost, which cancels the call.
        }

        await aborted.CancelAsync().ConfigureAwait(false);
        _queue.Writer.TryComplete(new IOException("The caller has closed the WebSocket."));
    }

    private async Task QueueAllAsync(SocketMessages messages)
    {
        try
        {
            while (await messages.ReadAsync(_aborted).ConfigureAwait(false) is { } text)
            {
                if (SocketEnvelope.Open(text, method.Json.MaxDepth) is not { } json)
                {
                    _memory.Return(text.Length);
                    _queue.Writer.TryComplete();
                }
                else if (!await TryQueueAsync((json, text.Length)).ConfigureAwait(false))
                {
                    _memory.Return(text.Length);
                }
            }
        }
        catch (ThriftStatusException error)
        {
            // The handler receives the error after the messages before it, and the caller as the end of the call.
            _queue.Writer.TryComplete(error);
            await messages.DrainAsync(_aborted).ConfigureAwait(false);
        }
    }

    /// <summary>Waits while the handler does not take messages; <see langword="false"/> if it takes no more.</summary>
    private async ValueTask<bool> TryQueueAsync((ReadOnlyMemory<byte> Json, int Size) request)
    {
        while (await _queue.Writer.WaitToWriteAsync(_aborted).ConfigureAwait(false))
        {
            if (_queue.Writer.TryWrite(request))
            {
                return true;
            }
        }

        return false;
    }
}
