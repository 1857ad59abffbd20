using System.Buffers;
using System.Net.WebSockets;
using Rx.ThriftStreams.AspNetCore.Dispatch;
using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.HttpJson.Calls;

/// <summary>Reads the text messages of a WebSocket, within the limits of the server.</summary>
internal sealed class SocketMessages(WebSocket socket, ThriftServerRuntime runtime, PeerMemory memory)
{
    private const int FirstRead = 4096;

    /// <summary>Reads a message, whose size the caller returns to the budget; <see langword="null"/> if the peer closes the socket.</summary>
    /// <exception cref="ThriftStatusException">It exceeds a limit, or is not a text.</exception>
    /// <exception cref="WebSocketException">The connection was lost.</exception>
    internal async ValueTask<ReadOnlyMemory<byte>?> ReadAsync(CancellationToken cancellationToken)
    {
        var limit = runtime.Options.Limits.MaxReceiveMessageSize;
        var text = new ArrayBufferWriter<byte>(FirstRead);
        CancellationTokenSource? expiry = null;
        CancellationTokenSource? patience = null;
        try
        {
            while (true)
            {
                var received = await socket.ReceiveAsync(text.GetMemory(1), patience?.Token ?? cancellationToken).ConfigureAwait(false);
                if (received.MessageType == WebSocketMessageType.Close)
                {
                    memory.Return(text.WrittenCount);
                    return null;
                }

                if (received.MessageType == WebSocketMessageType.Binary)
                {
                    throw Refuse(text, ThriftStatusCode.InvalidArgument, "A binary message arrived. Messages are JSON texts.");
                }

                if (text.WrittenCount + received.Count > limit)
                {
                    throw Refuse(text, ThriftStatusCode.ResourceExhausted, $"A message is larger than {limit} bytes, the limit of the server.");
                }

                if (!memory.TryTake(received.Count))
                {
                    throw Refuse(text, ThriftStatusCode.ResourceExhausted, "The connection or the server holds too much of messages that were not handled yet.");
                }

                text.Advance(received.Count);
                if (received.EndOfMessage)
                {
                    return text.WrittenMemory;
                }

                // The rest must not trickle in.
                expiry ??= new CancellationTokenSource(CallTimers.DueTimeOfLimit(runtime.Options.Limits.FrameTimeout), runtime.Options.TimeProvider);
                patience ??= CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, expiry.Token);
            }
        }
        finally
        {
            patience?.Dispose();
            expiry?.Dispose();
        }
    }

    /// <summary>Discards what arrives until the peer closes the socket.</summary>
    /// <exception cref="WebSocketException">The connection was lost.</exception>
    internal async ValueTask DrainAsync(CancellationToken cancellationToken)
    {
        var discarded = new byte[FirstRead];
        while ((await socket.ReceiveAsync(discarded.AsMemory(), cancellationToken).ConfigureAwait(false)).MessageType != WebSocketMessageType.Close)
        {
        }
    }

    private ThriftStatusException Refuse(ArrayBufferWriter<byte> text, ThriftStatusCode code, string message)
    {
        memory.Return(text.WrittenCount);
        return new(code, message);
    }
}
