using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Rx.ThriftStreams.Dynamic;
using Rx.ThriftStreams.HttpJson.Calls;
using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams.HttpJson.Answers;

/// <summary>The response of HTTP that a stream is written to: its headers, which are sent with the first message, messages, comments while there is nothing to send, and the end.</summary>
/// <param name="http">The request.</param>
/// <param name="format">How messages are laid out.</param>
/// <param name="keepAlive">How long nothing is sent until a comment is.</param>
/// <param name="clock">The clock of the comments.</param>
internal sealed class StreamResponse(HttpContext http, StreamFormat format, TimeSpan keepAlive, TimeProvider clock) : IAsyncDisposable
{
    private const int MaxUnflushed = 32 * 1024;

    private readonly PipeWriter _writer = http.Response.BodyWriter;
    private Heartbeat? _heartbeat;
    private int _unflushed;

    /// <summary>Whether the headers are settled, so that an error cannot have a status of its own any more.</summary>
    internal bool HasBegun { get; private set; }

    /// <summary>Whether something was being sent when its sender stopped waiting, so that nothing can be sent after it.</summary>
    internal bool IsStuck { get; private set; }

    /// <summary>Whether the caller had closed the connection when something was sent.</summary>
    internal bool IsCallerGone { get; private set; }

    /// <summary>Settles the headers, unless that was done.</summary>
    internal void Begin(ThriftMetadata headers)
    {
        if (HasBegun)
        {
            return;
        }

        HasBegun = true;
        var response = http.Response;
        response.ContentType = format.ContentType;
        response.Headers.CacheControl = "no-store";

        // nginx would keep the messages until it has a full buffer of them.
        response.Headers["X-Accel-Buffering"] = "no";
        ResponseHeaders.Add(response, headers);
        http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        if (format.Heartbeat.Length > 0 && CallTimers.IsLimit(keepAlive))
        {
            _heartbeat = new(clock, keepAlive, BeatAsync);
        }
    }

    internal async ValueTask SendHeadersAsync()
    {
        if (_heartbeat is not null)
        {
            await _heartbeat.EnterAsync().ConfigureAwait(false);
        }

        var flushed = await _writer.FlushAsync(http.RequestAborted).ConfigureAwait(false);
        _heartbeat?.Exit();
        CheckFlushed(flushed);
    }

    internal ValueTask SendAsync(ReadOnlyMemory<byte> json, CancellationToken cancellationToken)
    {
        if (_heartbeat?.EnterAsync() is { IsCompletedSuccessfully: false } beating)
        {
            return SendAfterAsync(beating, json, cancellationToken);
        }

        return Write(json) ? FlushAsync(cancellationToken) : default;
    }

    internal ValueTask FlushAsync(CancellationToken cancellationToken)
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

    /// <summary>Ends the stream: with the problem, or else the trailers.</summary>
    internal async ValueTask CompleteAsync(Problem? problem, ThriftDynamicJsonOptions json, ThriftMetadata trailers)
    {
        await DisposeAsync().ConfigureAwait(false);
        format.WriteEnd(_writer, problem, json, trailers, http);
        await http.Response.CompleteAsync().ConfigureAwait(false);
    }

    /// <summary>Sends no more comments.</summary>
    public ValueTask DisposeAsync() => Interlocked.Exchange(ref _heartbeat, null)?.DisposeAsync() ?? default;

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
            IsStuck = true;
            throw;
        }
    }

    private async Task BeatAsync()
    {
        var aborted = http.RequestAborted;
        try
        {
            _writer.Write(format.Heartbeat.Span);
            await _writer.FlushAsync(aborted).ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or OperationCanceledException or InvalidOperationException && aborted.IsCancellationRequested)
        {
            // The caller has closed the connection, which cancels the call.
        }
    }

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
            IsStuck = true;
            flushing.DropFailure();
            throw;
        }
    }

    private void CheckFlushed(FlushResult result)
    {
        if (result.IsCompleted || result.IsCanceled)
        {
            IsCallerGone = true;
            throw new IOException("The caller has closed the connection.");
        }
    }
}
