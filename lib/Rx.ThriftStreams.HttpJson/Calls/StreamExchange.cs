using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Rx.ThriftStreams.AspNetCore.Dispatch;
using Rx.ThriftStreams.HttpJson.Answers;
using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams.HttpJson.Calls;

/// <summary>A call with a stream of answers, as server-sent events or lines of JSON. The handler waits while the caller does not read.</summary>
internal sealed class StreamExchange(HttpContext http, JsonMethod method, ThriftServerRuntime runtime, StreamFormat format) : HttpExchange(http, method, runtime)
{
    private const int MaxUnflushed = 32 * 1024;

    private readonly PipeWriter _writer = http.Response.BodyWriter;
    private int _unflushed;
    private bool _hasBegun;
    private bool _isStuck;

    internal override ValueTask SendAsync(ReadOnlyMemory<byte> json, ThriftMetadata headers, CancellationToken cancellationToken)
    {
        Begin(headers);
        _unflushed += format.WriteMessage(_writer, json.Span);
        return _unflushed < MaxUnflushed ? default : FlushAsync(cancellationToken);
    }

    internal override ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        if (_unflushed == 0)
        {
            return default;
        }

        _unflushed = 0;
        var flush = _writer.FlushAsync(CancellationToken.None);
        if (!flush.IsCompletedSuccessfully)
        {
            return AwaitFlushAsync(flush, cancellationToken);
        }

        CheckFlushed(flush.Result);
        return default;
    }

    internal override async ValueTask SendHeadersAsync(ThriftMetadata headers)
    {
        Begin(headers);
        CheckFlushed(await _writer.FlushAsync(Aborted).ConfigureAwait(false));
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
        format.WriteEnd(_writer, problem, Method.Json, trailers);
        await Http.Response.CompleteAsync().ConfigureAwait(false);
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
    }

    private async ValueTask AwaitFlushAsync(ValueTask<FlushResult> flush, CancellationToken cancellationToken)
    {
        // The token is not given to Kestrel, which would abort the connection without a word.
        var flushing = flush.AsTask();
        try
        {
            CheckFlushed(await flushing.WaitAsync(cancellationToken).ConfigureAwait(false));
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
