using System.Net;

namespace Rx.ThriftStreams.Transports.Grpc;

/// <summary>The body of a request: what the call sends. Tells when the connection has taken the headers.</summary>
internal sealed class GrpcRequestContent(GrpcExchange exchange) : HttpContent
{
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        try
        {
            if (exchange.Requests.Flows)
            {
                // Headers wait in the connection's buffer for the first write unless they are flushed.
                await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
            }

            exchange.SetConnected();
            await exchange.Requests.PumpAsync(stream, cancellationToken).ConfigureAwait(false);
            exchange.SetSent();
        }
        catch (Exception error)
        {
            exchange.Requests.Fail(error);
            exchange.SetSendFailed(error);
            throw;
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
