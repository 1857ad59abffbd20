using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Transports.Grpc;

/// <summary>
/// Adapts the HTTP/2 of Grpc.Net.Client to what Kitex understands, and moves the messages itself, because Grpc.Net.Client takes some microseconds and half a
/// kilobyte for each. Grpc.Net.Client keeps the state of the call.
/// </summary>
/// <remarks>
/// Kitex takes <c>application/grpc</c> for Protobuf, compresses its answers as soon as gzip is accepted, and knows its
/// callees by name: so content type, accepted encodings and authority are set here.
/// It is deliberately not a <see cref="DelegatingHandler"/>: Grpc.Net.Client looks inside those, and wraps a <see cref="SocketsHttpHandler"/> that it finds in
/// its own load balancer. Balancing is done above the transports.
/// </remarks>
internal sealed class GrpcThriftHandler(HttpMessageHandler inner, ThriftChannelOptions options) : HttpMessageHandler
{
    private readonly HttpMessageInvoker _inner = new(inner);
    private readonly MessageLimits _limits = options.Limits.Message;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var exchange = GrpcExchange.Current
            ?? throw new InvalidOperationException("A gRPC request was not started by this library.");
        exchange.IsHandled = true;
        try
        {
            if (exchange.Path is { } path)
            {
                request.RequestUri = new UriBuilder(request.RequestUri!) { Path = path }.Uri;
            }

            SetHeaders(request, exchange);
            request.Content = new GrpcRequestContent(exchange);
            var response = await _inner.SendAsync(request, cancellationToken).ConfigureAwait(false);
            exchange.SetResponse(response, GrpcExchange.IsGrpc(response, out _) ? ReadBody(response) : null);
            return response;
        }
        catch (OperationCanceledException error) when (!cancellationToken.IsCancellationRequested)
        {
            // HttpClient stops sending the body on a lost connection, and may report only that.
            var lost = new IOException("The connection was lost while the request was being sent.", error);
            exchange.SetFailed(lost);
            throw lost;
        }
        catch (Exception error)
        {
            exchange.SetFailed(error);
            throw;
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _inner.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>Prepares to read messages from the response's body, of which Grpc.Net.Client reads only the end.</summary>
    private GrpcResponseReader ReadBody(HttpResponseMessage response)
    {
        var encoding = response.Headers.NonValidated.TryGetValues("grpc-encoding", out var names) ? names.ToString() : null;

        // Content returns the same stream to every caller.
        return new(response.Content.ReadAsStream(), GrpcDecompression.For(encoding), _limits);
    }

    private void SetHeaders(HttpRequestMessage request, GrpcExchange exchange)
    {
        var start = exchange.Start;
        var headers = request.Headers;
        if (exchange.Authority is { } authority)
        {
            headers.Host = authority;
        }

        headers.Remove("grpc-accept-encoding");
        if (start.Options.Compressor is { } compressor and not "identity")
        {
            // Always with identity: otherwise a Kitex server that does not know the compressor could not answer.
            headers.TryAddWithoutValidation("grpc-accept-encoding", $"identity,{compressor}");
            headers.TryAddWithoutValidation("grpc-encoding", compressor);
        }

        if (start.Remaining is { } remaining)
        {
            headers.TryAddWithoutValidation("grpc-timeout", GrpcTimeoutFormat.Encode(remaining));
        }

        if (options.ServiceName is { Length: > 0 } caller)
        {
            // Like the meta handler of Kitex's client, for servers that check the caller's name.
            headers.TryAddWithoutValidation("source-service", caller);
        }

        foreach (var (name, value) in start.Headers)
        {
            headers.TryAddWithoutValidation(name, value);
        }

        GrpcMetaInfo.Write(headers, GrpcMetaInfo.TransientPrefix, start.MetaInfo.TransientValues);
        GrpcMetaInfo.Write(headers, GrpcMetaInfo.PersistentPrefix, start.MetaInfo.PersistentValues);
    }
}
