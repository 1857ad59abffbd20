using System.Net;

namespace Rx.ThriftStreams.Transports.Grpc;

/// <summary>
/// Stands before the request content of Grpc.Net.Client: tells when the connection has taken the headers, and gathers messages that
/// come close together.
/// </summary>
internal sealed class GrpcRequestContent : HttpContent
{
    private readonly HttpContent _inner;
    private readonly GrpcExchange _exchange;

    internal GrpcRequestContent(HttpContent inner, GrpcExchange exchange)
    {
        _inner = inner;
        _exchange = exchange;
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        try
        {
            await WriteAsync(stream, context, cancellationToken).ConfigureAwait(false);
            _exchange.SetSent();
        }
        catch (Exception error)
        {
            _exchange.SetSendFailed(error);
            throw;
        }
    }

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

    private async Task WriteAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        if (!_exchange.SendsManyMessages)
        {
            _exchange.SetConnected();
            await _inner.CopyToAsync(new DirectStream(stream), context, cancellationToken).ConfigureAwait(false);
            return;
        }

        // Headers wait in the connection's buffer for the first write unless they are flushed.
        await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
        _exchange.SetConnected();
        if (_exchange.Start.Options.NoDelay == true)
        {
            await _inner.CopyToAsync(stream, context, cancellationToken).ConfigureAwait(false);
            return;
        }

        var coalescing = new CoalescingStream(stream);
        await using (coalescing.ConfigureAwait(false))
        {
            await _inner.CopyToAsync(coalescing, context, cancellationToken).ConfigureAwait(false);
            await coalescing.DrainAsync().ConfigureAwait(false);
        }
    }
}
