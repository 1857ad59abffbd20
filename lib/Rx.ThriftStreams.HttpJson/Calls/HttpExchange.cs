using System.Buffers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Rx.ThriftStreams.AspNetCore.Dispatch;
using Rx.ThriftStreams.AspNetCore.Hosting;
using Rx.ThriftStreams.HttpJson.Answers;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.HttpJson.Calls;

/// <summary>A call whose only request is the body of a request of HTTP, or a parameter of its query.</summary>
internal abstract class HttpExchange(HttpContext http, JsonMethod method, ThriftServerRuntime runtime) : JsonExchange
{
    /// <summary>The parameter of a query that holds the request.</summary>
    internal const string QueryParameter = "request";

    private static readonly byte[] NoArguments = "{}"u8.ToArray();

    private PeerMemory? _memory;
    private long _held;
    private bool _hasReceived;
    private bool _isTooLarge;

    internal override CancellationToken Aborted => http.RequestAborted;

    protected HttpContext Http => http;

    protected JsonMethod Method => method;

    internal override async ValueTask<ReadOnlyMemory<byte>?> ReceiveAsync(CancellationToken cancellationToken)
    {
        if (_hasReceived)
        {
            Release();
            return null;
        }

        _hasReceived = true;
        if (HttpMethods.IsGet(http.Request.Method))
        {
            return http.Request.Query[QueryParameter] is [{ } text]
                ? System.Text.Encoding.UTF8.GetBytes(text)
                : throw new ThriftStatusException(ThriftStatusCode.InvalidArgument, $"The query has to have one parameter \"{QueryParameter}\" with the JSON of the request.");
        }

        var body = await ReadBodyAsync(cancellationToken).ConfigureAwait(false);
        return body.Length == 0 && method.Schema.Request.Fields.Count == 0 ? NoArguments : body;
    }

    public override ValueTask DisposeAsync()
    {
        Release();
        return default;
    }

    /// <summary>Answers with a problem, before anything else was answered.</summary>
    protected Task RefuseAsync(Problem problem, ThriftMetadata headers, ThriftMetadata trailers)
    {
        ResponseHeaders.Add(http.Response, headers);
        ResponseHeaders.Add(http.Response, trailers, ResponseHeaders.TrailerPrefix);

        // HTTP has a status of its own for a request that is too large.
        problem = _isTooLarge ? problem with { HttpStatus = StatusCodes.Status413PayloadTooLarge } : problem;
        problem = problem is { RetryAfter: null, HttpStatus: StatusCodes.Status503ServiceUnavailable or StatusCodes.Status429TooManyRequests } ? problem with { RetryAfter = RetryPause.SecondsOf(trailers) } : problem;
        return problem.AnswerAsync(http.Response, method.Json);
    }

    private async ValueTask<ReadOnlyMemory<byte>> ReadBodyAsync(CancellationToken cancellationToken)
    {
        var limit = runtime.Options.Limits.MaxReceiveMessageSize;
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = limit;
        }

        _memory = runtime.CreateConnectionMemory();
        var body = new ArrayBufferWriter<byte>();
        while (true)
        {
            if (http.Request.ContentLength > limit || body.WrittenCount > limit)
            {
                throw TooLarge(limit);
            }

            // Kestrel keeps callers to its least rate.
            int read;
            try
            {
                read = await http.Request.Body.ReadAsync(body.GetMemory(), cancellationToken).ConfigureAwait(false);
            }
            catch (BadHttpRequestException error)
            {
                throw error.StatusCode == StatusCodes.Status413PayloadTooLarge ? TooLarge(limit) : new ThriftStatusException(ThriftStatusCode.InvalidArgument, $"The request could not be read: {error.Message}", error);
            }

            if (read == 0)
            {
                return body.WrittenMemory;
            }

            body.Advance(read);
            if (!_memory.TryTake(read))
            {
                throw new ThriftStatusException(ThriftStatusCode.ResourceExhausted, "The server has no memory left for requests that are still arriving. Try again later.");
            }

            _held += read;
        }
    }

    private ThriftStatusException TooLarge(int limit)
    {
        _isTooLarge = true;
        return new(ThriftStatusCode.ResourceExhausted, $"The request is larger than {limit} bytes, the limit of the server.");
    }

    private void Release()
    {
        _memory?.Return(_held);
        _memory?.Close();
        _memory = null;
    }
}
