using System.Net;

namespace Rx.ThriftStreams.Transports.Grpc;

/// <summary>The body of a request: writes what the call sends until the call has sent everything. Reports when the connection has accepted the headers.</summary>
internal sealed class GrpcRequestContent : HttpContent
{
    internal GrpcRequestContent(GrpcExchange exchange)
    {
        Exchange = exchange;
        Headers.TryAddWithoutValidation("content-type", GrpcFrame.ContentType);
    }

    internal GrpcExchange Exchange { get; }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        var requests = Exchange.Requests;
        CancellationTokenRegistration registration = default;
        requests.BeginWrite();
        try
        {
            if (requests.Flows)
            {
                // Headers stay in the connection's buffer until the first write unless they are flushed.
                await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
            }

            Exchange.SetConnected();
            while (true)
            {
                if (!requests.TryTake(out var bytes, out var isLast, out var more))
                {
                    if (registration == default)
                    {
                        registration = cancellationToken.UnsafeRegister(static requests => ((GrpcRequestSink)requests!).WakeBody(), requests);
                    }

                    if (cancellationToken.IsCancellationRequested)
                    {
                        // The call was cancelled before there was a waiter to wake. HttpClient resets the stream only when the body ends.
                        requests.WakeBody();
                    }

                    await more.ConfigureAwait(false);
                    cancellationToken.ThrowIfCancellationRequested();
                    continue;
                }

                if (!bytes.IsEmpty)
                {
                    await stream.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
                }

                if (isLast)
                {
                    break;
                }

                await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
            }

            Exchange.SetSent();
        }
        catch (Exception error)
        {
            if (requests.Flows)
            {
                requests.Fail(error);
            }

            if (error is OperationCanceledException)
            {
                // HttpClient has stopped the body because of an error that it reports only if the body does not fail first.
                await Exchange.Answered.ConfigureAwait(false);
            }

            throw;
        }
        finally
        {
            registration.Unregister();
            requests.EndWrite();
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
