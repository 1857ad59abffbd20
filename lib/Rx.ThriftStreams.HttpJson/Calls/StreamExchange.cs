using Microsoft.AspNetCore.Http;
using Rx.ThriftStreams.AspNetCore.Dispatch;
using Rx.ThriftStreams.HttpJson.Answers;

namespace Rx.ThriftStreams.HttpJson.Calls;

/// <summary>A call with a stream of answers, as server-sent events or lines of JSON. The handler waits while the caller does not read.</summary>
internal sealed class StreamExchange(HttpContext http, JsonMethod method, ThriftServerRuntime runtime, StreamFormat format, TimeProvider clock)
    : HttpExchange(http, method, runtime)
{
    private readonly StreamResponse _response = new(http, format, method.KeepAliveInterval, clock);

    internal override ValueTask SendAsync(ReadOnlyMemory<byte> json, ThriftMetadata headers, CancellationToken cancellationToken)
    {
        _response.Begin(headers);
        return _response.SendAsync(json, cancellationToken);
    }

    internal override ValueTask FlushAsync(CancellationToken cancellationToken) => _response.FlushAsync(cancellationToken);

    internal override ValueTask SendHeadersAsync(ThriftMetadata headers)
    {
        _response.Begin(headers);
        return _response.SendHeadersAsync();
    }

    internal override async ValueTask CompleteAsync(Problem? problem, ThriftMetadata headers, ThriftMetadata trailers)
    {
        if (Aborted.IsCancellationRequested)
        {
            return;
        }

        if (_response.IsStuck)
        {
            // The end would wait for the messages before it, perhaps for ever.
            Http.Abort();
            return;
        }

        if (problem is not null && !_response.HasBegun)
        {
            await RefuseAsync(problem, headers, trailers).ConfigureAwait(false);
            return;
        }

        _response.Begin(headers);
        await _response.CompleteAsync(problem, Method.Json, trailers).ConfigureAwait(false);
    }

    public override async ValueTask DisposeAsync()
    {
        await _response.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }
}
