using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Rx.ThriftStreams.AspNetCore.Dispatch;
using Rx.ThriftStreams.HttpJson.Answers;
using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams.HttpJson.Calls;

/// <summary>A call with a stream of answers, as server-sent events or lines of JSON. The handler waits while the caller does not read.</summary>
internal sealed class StreamExchange(HttpContext http, JsonMethod method, ThriftServerRuntime runtime, StreamFormat format, TimeProvider clock)
    : HttpExchange(http, method, runtime)
{
    private const int MaxUnflushed = 32 * 1024;

    private readonly PipeWriter _writer = http.Response.BodyWriter;
    private Heartbeat? _heartbeat;
    private int _unflushed;
    private bool _hasBegun;
    private bool _isStuck;

    internal override ValueTask SendAsync(ReadOnlyMemory<byte> json, ThriftMetadata headers, CancellationToken cancellationToken)
    {
        Begin(headers);
        if (_heartbeat?.EnterAsync() is { IsCompletedSuccessfully: false } beating)
        {
            return SendAfterAsync(beating, json, cancellationToken);
        }

        return Write(json) ? FlushAsync(cancellationToken) : default;
    }

    internal override ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        if (_unflushed == 0)
        {
            return default;
        }

        if (_heartbeat?.EnterAsync() is { IsCompletedSuccessfully: false } beating)
        {
            return FlushAfterAsync(beating, cancellationToken);
        }

        _unflushed = 0;
        var flush = _writer.FlushAsync(CancellationToken.None);
        if (!flush.IsCompletedSuccessfully)
        {
            return AwaitFlushAsync(flush, cancellationToken);
        }

        _heartbeat?.Exit();
        CheckFlushed(flush.Result);
        return default;
    }

    internal override async ValueTask SendHeadersAsync(ThriftMetadata headers)
    {
        Begin(headers);
        if (_heartbeat is not null)
        {
            await _heartbeat.EnterAsync().ConfigureAwait(false);
        }

        var flushed = await _writer.FlushAsync(Aborted).ConfigureAwait(false);
        _heartbeat?.Exit();
        CheckFlushed(flushed);
    }

    internal override async ValueTask CompleteAsync(Problem? problem, ThriftMetadata headers, ThriftMetadata trailers)
    {
        if (Aborted.IsCancellationRequested)
        {
            return;
        }

        if (_isStuck)
        {
            // The end would wait for the messages before it, perhaps for ever.
            Http.Abort();
            return;
        }

        if (problem is not null && !_hasBegun)
        {
            await RefuseAsync(problem, headers, trailers).ConfigureAwait(false);
            return;
        }

        Begin(headers);
        await EndHeartbeatAsync().ConfigureAwait(false);
        format.WriteEnd(_writer, problem, Method.Json, trailers);
        await Http.Response.CompleteAsync().ConfigureAwait(false);
    }

    public override async ValueTask DisposeAsync()
    {
        await EndHeartbeatAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    private void Begin(ThriftMetadata headers)
    {
        if (_hasBegun)
        {
            return;
        }

        _hasBegun = true;
        var response = Http.Response;
        response.ContentType = format.ContentType;
        response.Headers.CacheControl = "no-store";

        // nginx would keep the messages until it has a full buffer of them.
        response.Headers["X-Accel-Buffering"] = "no";
        ResponseHeaders.Add(response, headers);
        Http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        if (format.Heartbeat.Length > 0 && CallTimers.IsLimit(Method.KeepAliveInterval))
        {
            _heartbeat = new(clock, Method.KeepAliveInterval, BeatAsync);
        }
    }

    /// <returns>Whether enough is written to be flushed.</returns>
    private bool Write(ReadOnlyMemory<byte> json)
    {
        _unflushed += format.WriteMessage(_writer, json.Span);
        _heartbeat?.Exit();
        return _unflushed >= MaxUnflushed;
    }

    private async ValueTask SendAfterAsync(Task beating, ReadOnlyMemory<byte> json, CancellationToken cancellationToken)
    {
        await WaitAsync(beating, cancellationToken).ConfigureAwait(false);
        if (Write(json))
        {
            await FlushAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask FlushAfterAsync(Task beating, CancellationToken cancellationToken)
    {
        await WaitAsync(beating, cancellationToken).ConfigureAwait(false);
        await FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Waits for a heartbeat, which the caller may not read.</summary>
    private async ValueTask WaitAsync(Task beating, CancellationToken cancellationToken)
    {
        try
        {
            await beating.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!beating.IsCompleted)
        {
            _isStuck = true;
            throw;
        }
    }

    private async Task BeatAsync()
    {
        try
        {
            _writer.Write(format.Heartbeat.Span);
            await _writer.FlushAsync(Aborted).ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or OperationCanceledException or InvalidOperationException && Aborted.IsCancellationRequested)
        {
            // The caller has closed the connection, which cancels the call.
        }
    }

    private ValueTask EndHeartbeatAsync() => Interlocked.Exchange(ref _heartbeat, null)?.DisposeAsync() ?? default;

    private async ValueTask AwaitFlushAsync(ValueTask<FlushResult> flush, CancellationToken cancellationToken)
    {
        // The token is not given to Kestrel, which would abort the connection without a word.
        var flushing = flush.AsTask();
        try
        {
            var flushed = await flushing.WaitAsync(cancellationToken).ConfigureAwait(false);
            _heartbeat?.Exit();
            CheckFlushed(flushed);
        }
        catch (OperationCanceledException) when (!flushing.IsCompleted)
        {
            _isStuck = true;
            flushing.DropFailure();
            throw;
        }
    }

    private static void CheckFlushed(FlushResult result)
    {
        if (result.IsCompleted || result.IsCanceled)
        {
            throw new IOException("The caller has closed the connection.");
        }
    }
}
