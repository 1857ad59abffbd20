using System.Buffers;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Rx.ThriftStreams.AspNetCore.Dispatch;
using Rx.ThriftStreams.Primitives;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.AspNetCore.Transports.PingPong;

/// <summary>Takes requests of HTTP whose bodies are Thrift messages, as Apache Thrift's HTTP transports send them.</summary>
internal sealed class HttpPingPongHandler(ThriftServerRuntime runtime, PingPongDispatcher dispatcher)
{
    internal const string ContentType = "application/x-thrift";

    // What Apache's newer clients send instead, with the protocol after it: application/vnd.apache.thrift.binary.
    private const string VendorType = "application/vnd.apache.thrift.";

    /// <summary>Whether the application has an endpoint for it.</summary>
    internal bool IsMapped { get; set; }

    private int Limit => MessageSize.WithEnvelope(runtime.Options.Limits.MaxReceiveMessageSize);

    /// <summary>Handles a request. Fails only as reading a body does.</summary>
    internal async Task InvokeAsync(HttpContext http)
    {
        if (!IsThrift(http.Request.ContentType))
        {
            http.Response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
            return;
        }

        if (http.Request.ContentLength > Limit)
        {
            http.Response.StatusCode = StatusCodes.Status413PayloadTooLarge;
            return;
        }

        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = Limit;
        }

        var memory = runtime.CreateConnectionMemory();
        var taken = 0L;
        var body = new ArrayBufferWriter<byte>();
        try
        {
            while (true)
            {
                if (memory.IsParentOver)
                {
                    http.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
                    return;
                }

                // Without the token of the request: a caller that has sent a oneway call may leave. Kestrel keeps callers to its least rate.
                var read = await http.Request.Body.ReadAsync(body.GetMemory(), CancellationToken.None).ConfigureAwait(false);
                if (read == 0)
                {
                    break;
                }

                body.Advance(read);
                memory.Take(read);
                taken += read;
            }

            await HandleAsync(http, body.WrittenMemory).ConfigureAwait(false);
        }
        finally
        {
            memory.Return(taken);
            memory.Close();
        }
    }

    private async Task HandleAsync(HttpContext http, ReadOnlyMemory<byte> message)
    {
        PingPongRequest request;
        try
        {
            request = PingPongRequest.Read(new ReadOnlySequence<byte>(message), PingPongForm.Http, runtime.Options.Limits.MaxReceiveMessageSize, new RequestTexts());
        }
        catch (ThriftProtocolException)
        {
            http.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }

        request.Host = http.Request.Host.Value;
        foreach (var (name, values) in http.Request.Headers)
        {
            var lower = name.ToLowerInvariant();
            foreach (var value in values)
            {
                if (value is not null && !ThriftMetadataNames.IsReserved(lower))
                {
                    request.Headers.AddReceived(lower, value);
                }
            }
        }

        var peer = new HttpPingPongPeer(http, runtime.Options.Limits.Message, request.Type == ThriftMessageType.Oneway);
        await dispatcher.HandleAsync(request, peer).ConfigureAwait(false);
    }

    /// <summary>Some of Apache's clients send no type. Others are refused: a web page of somebody else's can send those without being asked.</summary>
    internal static bool IsThrift(string? contentType)
        => string.IsNullOrEmpty(contentType)
            || (MediaTypeHeaderValue.TryParse(contentType, out var type)
                && (string.Equals(type.MediaType, ContentType, StringComparison.OrdinalIgnoreCase)
                    || type.MediaType?.StartsWith(VendorType, StringComparison.OrdinalIgnoreCase) == true));
}
