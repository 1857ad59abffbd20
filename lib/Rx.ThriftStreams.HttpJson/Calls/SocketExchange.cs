using System.Buffers;
using System.Net.WebSockets;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Http;
using Rx.ThriftStreams.AspNetCore.Dispatch;
using Rx.ThriftStreams.HttpJson.Answers;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.HttpJson.Calls;

/// <summary>
/// A call over a WebSocket. The handshake is answered when the handler first receives or sends, so that a call that is refused before is answered by a response of
/// HTTP. A few messages are read ahead: the caller cancels by closing the socket, which a handler that does not read would not see.
/// </summary>
internal sealed class SocketExchange : JsonExchange
{
    private const int ReadAhead = 16;

    // The numbers above are free for applications: the status of the call follows.
    private const int CloseStatusBase = 4000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly HttpContext _http;
    private readonly JsonMethod _method;
    private readonly ThriftServerRuntime _runtime;
    private readonly PeerMemory _memory;
    private readonly CancellationTokenSource _aborted = new();
    private readonly CancellationTokenRegistration _connectionLost;
    private readonly Channel<(ReadOnlyMemory<byte> Json, int Size)> _requests = Channel.CreateBounded<(ReadOnlyMemory<byte>, int)>(
        new BoundedChannelOptions(ReadAhead) { SingleReader = true, SingleWriter = true });

    private readonly ThriftWriteBuffer _text = new();
    private readonly Lock _gate = new();
    private Task<WebSocket>? _accepting;
    private Task _reading = Task.CompletedTask;
    private int _held;
    private bool _headersSent;

    internal SocketExchange(HttpContext http, JsonMethod method, ThriftServerRuntime runtime)
    {
        _http = http;
        _method = method;
        _runtime = runtime;
        _memory = runtime.CreateConnectionMemory();
        Aborted = _aborted.Token;
        _connectionLost = http.RequestAborted.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), _aborted);
    }

    internal override CancellationToken Aborted { get; }

    internal override async ValueTask<ReadOnlyMemory<byte>?> ReceiveAsync(CancellationToken cancellationToken)
    {
        await AcceptAsync().ConfigureAwait(false);
        _memory.Return(_held);
        _held = 0;
        while (await _requests.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
        {
            if (_requests.Reader.TryRead(out var request))
            {
                _held = request.Size;
                return request.Json;
            }
        }

        return null;
    }

    internal override async ValueTask SendAsync(ReadOnlyMemory<byte> json, ThriftMetadata headers, CancellationToken cancellationToken)
    {
        var socket = await AcceptAsync().ConfigureAwait(false);
        await SendHeadersAsync(socket, headers, cancellationToken).ConfigureAwait(false);
        _text.Reset();
        _text.Write(StreamFormat.Texts.BeforeMessage);
        _text.Write(json.Span);
        _text.Write(StreamFormat.Texts.After);
        await SendTextAsync(socket, cancellationToken).ConfigureAwait(false);
    }

    internal override ValueTask FlushAsync(CancellationToken cancellationToken) => default;

    internal override async ValueTask SendHeadersAsync(ThriftMetadata headers)
    {
        var socket = await AcceptAsync().ConfigureAwait(false);
        await SendHeadersAsync(socket, headers, Aborted).ConfigureAwait(false);
    }

    internal override async ValueTask CompleteAsync(Problem? problem, ThriftMetadata headers, ThriftMetadata trailers)
    {
        if (Aborted.IsCancellationRequested)
        {
            return;
        }

        if (problem is not null && _accepting is null)
        {
            ResponseHeaders.Add(_http.Response, headers);
            await problem.AnswerAsync(_http.Response, _method.Json).ConfigureAwait(false);
            return;
        }

        var socket = await AcceptAsync().ConfigureAwait(false);
        if (socket.State != WebSocketState.Open)
        {
            // A send that was cancelled has closed it.
            return;
        }

        using var patience = new CancellationTokenSource(Patience, _runtime.Options.TimeProvider);
        try
        {
            await SendHeadersAsync(socket, headers, patience.Token).ConfigureAwait(false);
            _text.Reset();
            if (problem is null)
            {
                _text.Write(StreamFormat.Texts.BeforeEnd);
                StreamEnd.Write(_text, trailers);
            }
            else
            {
                _text.Write(StreamFormat.Texts.BeforeProblem);
                problem.Write(_text, _method.Json, trailers);
            }

            _text.Write(StreamFormat.Texts.After);
            await SendTextAsync(socket, patience.Token).ConfigureAwait(false);
            var status = problem is null ? WebSocketCloseStatus.NormalClosure : (WebSocketCloseStatus)(CloseStatusBase + (int)problem.Code);
            await socket.CloseOutputAsync(status, problem?.Code.ToString(), patience.Token).ConfigureAwait(false);

            // Nothing takes the requests any longer, and the answer to the close may come after some.
            _requests.Writer.TryComplete();
            await _reading.WaitAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        catch (WebSocketException)
        {
            // The caller went away while the end was on its way: nobody is left to receive it.
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await _connectionLost.DisposeAsync().ConfigureAwait(false);
        if (_accepting is { IsCompletedSuccessfully: true })
        {
            var socket = await _accepting.ConfigureAwait(false);
            socket.Abort();
            _requests.Writer.TryComplete();
            await _reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            socket.Dispose();
        }

        while (_requests.Reader.TryRead(out var request))
        {
            _memory.Return(request.Size);
        }

        _memory.Return(_held);
        _memory.Close();
        _text.Dispose();
        _aborted.Dispose();
    }

    private Task<WebSocket> AcceptAsync()
    {
        lock (_gate)
        {
            return _accepting ??= BeginAsync();
        }
    }

    private async Task<WebSocket> BeginAsync()
    {
        var isProbed = _method.KeepAliveInterval != Timeout.InfiniteTimeSpan;
        var socket = await _http.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext
        {
            KeepAliveInterval = isProbed ? _method.KeepAliveInterval : Timeout.InfiniteTimeSpan,
            KeepAliveTimeout = isProbed ? _method.KeepAliveInterval : Timeout.InfiniteTimeSpan,
        }).ConfigureAwait(false);
        _reading = ReadAsync(socket);
        return socket;
    }

    /// <summary>Reads until the caller closes the socket, which cancels the call unless it has ended.</summary>
    private async Task ReadAsync(WebSocket socket)
    {
        var messages = new SocketMessages(socket, _runtime, _memory);
        try
        {
            await QueueAllAsync(messages).ConfigureAwait(false);
        }
        catch (Exception error) when (error is WebSocketException or OperationCanceledException)
        {
            // The connection was lost, which cancels the call.
        }

        await _aborted.CancelAsync().ConfigureAwait(false);
        _requests.Writer.TryComplete(new IOException("The caller has closed the WebSocket."));
    }

    private async Task QueueAllAsync(SocketMessages messages)
    {
        try
        {
            while (await messages.ReadAsync(Aborted).ConfigureAwait(false) is { } text)
            {
                if (SocketEnvelope.Open(text, _method.Json.MaxDepth) is not { } json)
                {
                    _memory.Return(text.Length);
                    _requests.Writer.TryComplete();
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
            _requests.Writer.TryComplete(error);
            await messages.DrainAsync(Aborted).ConfigureAwait(false);
        }
    }

    /// <summary>Waits while the handler does not take messages; <see langword="false"/> if it takes no more.</summary>
    private async ValueTask<bool> TryQueueAsync((ReadOnlyMemory<byte> Json, int Size) request)
    {
        while (await _requests.Writer.WaitToWriteAsync(Aborted).ConfigureAwait(false))
        {
            if (_requests.Writer.TryWrite(request))
            {
                return true;
            }
        }

        return false;
    }

    private async ValueTask SendHeadersAsync(WebSocket socket, ThriftMetadata headers, CancellationToken cancellationToken)
    {
        if (_headersSent)
        {
            return;
        }

        _headersSent = true;
        if (headers.Count > 0)
        {
            _text.Reset();
            using (var writer = new Utf8JsonWriter((IBufferWriter<byte>)_text))
            {
                writer.WriteStartObject();
                MetadataJson.Write(writer, "headers", headers);
                writer.WriteEndObject();
            }

            await SendTextAsync(socket, cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask SendTextAsync(WebSocket socket, CancellationToken cancellationToken)
    {
        try
        {
            await socket.SendAsync(_text.WrittenMemory, WebSocketMessageType.Text, endOfMessage: true, cancellationToken).ConfigureAwait(false);
        }
        catch (WebSocketException error)
        {
            throw new IOException("The caller has closed the WebSocket.", error);
        }
    }
}
