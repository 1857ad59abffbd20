using System.Net.WebSockets;
using Microsoft.AspNetCore.Http;
using Rx.ThriftStreams.AspNetCore.Dispatch;
using Rx.ThriftStreams.HttpJson.Answers;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.HttpJson.Calls;

/// <summary>
/// A call over a WebSocket. The handshake is answered when the handler first receives or sends, so that a call that is refused before is answered by a response of
/// HTTP.
/// </summary>
internal sealed class SocketExchange : JsonExchange
{
    // The numbers above are free for applications: the status of the call follows.
    private const int CloseStatusBase = 4000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly HttpContext _http;
    private readonly JsonMethod _method;
    private readonly ThriftServerRuntime _runtime;
    private readonly CancellationTokenSource _aborted = new();
    private readonly CancellationTokenRegistration _connectionLost;
    private readonly SocketRequests _requests;
    private readonly ThriftWriteBuffer _text = new();
    private readonly Lock _gate = new();
    private Task<WebSocket>? _accepting;
    private bool _headersSent;

    internal SocketExchange(HttpContext http, JsonMethod method, ThriftServerRuntime runtime)
    {
        _http = http;
        _method = method;
        _runtime = runtime;
        _requests = new(method, runtime, _aborted);
        Aborted = _aborted.Token;
        _connectionLost = http.RequestAborted.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), _aborted);
    }

    internal override CancellationToken Aborted { get; }

    internal override async ValueTask<ReadOnlyMemory<byte>?> ReceiveAsync(CancellationToken cancellationToken)
    {
        await AcceptAsync().ConfigureAwait(false);
        return await _requests.ReceiveAsync(cancellationToken).ConfigureAwait(false);
    }

    internal override async ValueTask SendAsync(ReadOnlyMemory<byte> json, ThriftMetadata headers, CancellationToken cancellationToken)
    {
        var socket = await AcceptAsync().ConfigureAwait(false);
        await SendHeadersAsync(socket, headers, cancellationToken).ConfigureAwait(false);
        _text.Reset();
        StreamFormat.Texts.WriteMessage(_text, json.Span);
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
            StreamFormat.Texts.WriteEnd(_text, problem, _method.Json, trailers, _http);
            await SendTextAsync(socket, patience.Token).ConfigureAwait(false);
            var status = problem is null ? WebSocketCloseStatus.NormalClosure : (WebSocketCloseStatus)(CloseStatusBase + (int)problem.Code);
            await socket.CloseOutputAsync(status, problem?.Code.ToString(), patience.Token).ConfigureAwait(false);

            // Nothing takes the requests any longer, and the answer to the close may come after some.
            await _requests.EndAsync(patience.Token).ConfigureAwait(false);
        }
        catch (WebSocketException)
        {
            // The caller went away while the end was on its way: nobody is left to receive it.
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await _connectionLost.DisposeAsync().ConfigureAwait(false);
        var socket = _accepting is { IsCompletedSuccessfully: true } ? await _accepting.ConfigureAwait(false) : null;
        socket?.Abort();
        await _requests.DisposeAsync().ConfigureAwait(false);
        socket?.Dispose();
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
        var socket = await _http.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext
        {
            KeepAliveInterval = _method.KeepAliveInterval,
            KeepAliveTimeout = _method.KeepAliveInterval,
        }).ConfigureAwait(false);
        _requests.Begin(socket);
        return socket;
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
            MetadataJson.WriteObject(_text, "headers", headers);
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
