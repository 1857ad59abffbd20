using System.Net;

namespace Rx.ThriftStreams.Transports.Grpc;

/// <summary>Stands before a response's content and has <see cref="ReframingStream"/> read it.</summary>
internal sealed class GrpcResponseContent : HttpContent
{
    private readonly HttpContent _inner;
    private readonly GrpcExchange _exchange;
    private readonly GrpcDecompression _decompression;
    private readonly int _maxMessageSize;

    internal GrpcResponseContent(HttpResponseMessage response, GrpcExchange exchange, int maxMessageSize)
    {
        _inner = response.Content;
        _exchange = exchange;
        _maxMessageSize = maxMessageSize;
        _decompression = GrpcDecompression.For(response.Headers.NonValidated.TryGetValues("grpc-encoding", out var names) ? names.ToString() : null);

        // Messages are decompressed here: what Grpc.Net.Client is shown is plain.
        response.Headers.Remove("grpc-encoding");
        foreach (var (name, values) in _inner.Headers.NonValidated)
        {
            Headers.TryAddWithoutValidation(name, values);
        }
    }

    protected override async Task<Stream> CreateContentReadStreamAsync()
        => new ReframingStream(await _inner.ReadAsStreamAsync().ConfigureAwait(false), _decompression, _exchange, _maxMessageSize);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => _inner.CopyToAsync(stream, context);

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _inner.Dispose();
        }

        base.Dispose(disposing);
    }
}
