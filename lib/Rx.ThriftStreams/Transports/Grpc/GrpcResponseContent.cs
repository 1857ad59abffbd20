using System.Net;

namespace Rx.ThriftStreams.Transports.Grpc;

/// <summary>
/// What Grpc.Net.Client is shown of a response's body: only its end. The messages before it are read by the call itself.
/// </summary>
internal sealed class GrpcResponseContent : HttpContent
{
    private readonly GrpcResponseReader _reader;

    internal GrpcResponseContent(GrpcResponseReader reader, string contentType)
    {
        _reader = reader;
        Headers.TryAddWithoutValidation("content-type", contentType);
    }

    protected override Task<Stream> CreateContentReadStreamAsync() => Task.FromResult<Stream>(new EndOfResponseStream(_reader));

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => _reader.DrainAsync(CancellationToken.None).AsTask();

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _reader.Dispose();
        }

        base.Dispose(disposing);
    }
}
