using Microsoft.AspNetCore.Http;
using Rx.ThriftStreams.AspNetCore.Dispatch;
using Rx.ThriftStreams.HttpJson.Answers;

namespace Rx.ThriftStreams.HttpJson.Calls;

/// <summary>A call with one answer, which is the body of the response. It is sent when the call ends, so that its status can still be any.</summary>
internal sealed class SingleExchange(HttpContext http, JsonMethod method, ThriftServerRuntime runtime) : HttpExchange(http, method, runtime)
{
    private byte[]? _answer;
    private bool _isAcknowledged;

    internal override ValueTask SendAsync(ReadOnlyMemory<byte> json, ThriftMetadata headers, CancellationToken cancellationToken)
    {
        _answer = json.ToArray();
        return default;
    }

    internal override ValueTask FlushAsync(CancellationToken cancellationToken) => default;

    /// <inheritdoc/>
    /// <remarks>They begin the response, whose status then is that of success.</remarks>
    internal override async ValueTask SendHeadersAsync(ThriftMetadata headers)
    {
        ResponseHeaders.Add(Http.Response, headers);
        Http.Response.ContentType = "application/json";
        await Http.Response.StartAsync(Aborted).ConfigureAwait(false);
    }

    internal override async ValueTask AcknowledgeAsync()
    {
        _isAcknowledged = true;
        Http.Response.StatusCode = StatusCodes.Status202Accepted;
        await Http.Response.CompleteAsync().ConfigureAwait(false);
    }

    internal override async ValueTask CompleteAsync(Problem? problem, ThriftMetadata headers, ThriftMetadata trailers)
    {
        var response = Http.Response;
        if (_isAcknowledged || Aborted.IsCancellationRequested)
        {
            return;
        }

        if (problem is not null)
        {
            if (!response.HasStarted)
            {
                await RefuseAsync(problem, headers, trailers).ConfigureAwait(false);
                return;
            }

            // A success status has been sent already: only breaking off the response can report the error.
            Http.Abort();
            return;
        }

        var answer = _answer ?? "null"u8.ToArray();
        if (!response.HasStarted)
        {
            ResponseHeaders.Add(response, headers);
            ResponseHeaders.Add(response, trailers, ResponseHeaders.TrailerPrefix);
            response.ContentType = "application/json";
            response.ContentLength = answer.Length;
        }

        await response.Body.WriteAsync(answer, Aborted).ConfigureAwait(false);
    }
}
