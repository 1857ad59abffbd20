using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.AspNetCore.Health;

/// <summary>
/// Serves <c>grpc.health.v1.Health</c>: <c>Check</c> answers once, <c>Watch</c> on every change. gRPC clients, Kubernetes and load balancers use it, with Protobuf messages.
/// </summary>
internal sealed class HealthHandler(HealthState state)
{
    internal static readonly TimeSpan WatchInterval = TimeSpan.FromSeconds(5);

    internal async Task CheckAsync(HttpContext http)
    {
        if (await BeginAsync(http).ConfigureAwait(false) is not { } service)
        {
            return;
        }

        var status = await state.StatusOfAsync(service).ConfigureAwait(false);
        if (status == ServingStatus.ServiceUnknown)
        {
            End(http, ThriftStatusCode.NotFound, "unknown service");
            return;
        }

        HealthWire.Write(http.Response.BodyWriter, status);
        await http.Response.BodyWriter.FlushAsync(http.RequestAborted).ConfigureAwait(false);
        End(http, ThriftStatusCode.OK, string.Empty);
    }

    /// <summary>Ends when the caller leaves, and when the server stops, after the last status: the stream must not keep its connection open.</summary>
    internal async Task WatchAsync(HttpContext http)
    {
        if (await BeginAsync(http).ConfigureAwait(false) is not { } service)
        {
            return;
        }

        using var end = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, state.Stopping);
        ServingStatus? last = null;
        while (!http.RequestAborted.IsCancellationRequested)
        {
            var isLast = state.Stopping.IsCancellationRequested;
            var status = await state.StatusOfAsync(service).ConfigureAwait(false);
            if (status != last)
            {
                last = status;
                HealthWire.Write(http.Response.BodyWriter, status);
                await http.Response.BodyWriter.FlushAsync(http.RequestAborted).ConfigureAwait(false);
            }

            if (isLast)
            {
                End(http, ThriftStatusCode.Unavailable, "the server shuts down");
                return;
            }

            await Task.Delay(WatchInterval, state.Clock, end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Reads the request.</summary>
    /// <returns>The name of the service; <see langword="null"/> if the request was answered with an error.</returns>
    private static async ValueTask<string?> BeginAsync(HttpContext http)
    {
        if (http.Request.ContentType is not { } type || !IsProtobuf(type))
        {
            http.Response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
            return null;
        }

        http.Response.ContentType = "application/grpc";
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = HealthWire.MaxRequest;
        }

        var reader = http.Request.BodyReader;
        var read = await reader.ReadAtLeastAsync(HealthWire.MaxRequest, http.RequestAborted).ConfigureAwait(false);
        var isRequest = HealthWire.TryRead(read.Buffer, out var service);
        reader.AdvanceTo(read.Buffer.End);
        if (!isRequest)
        {
            End(http, ThriftStatusCode.InvalidArgument, "the message is not a HealthCheckRequest");
            return null;
        }

        return service;
    }

    private static bool IsProtobuf(string contentType)
        => contentType.Equals("application/grpc", StringComparison.OrdinalIgnoreCase)
            || contentType.StartsWith("application/grpc+proto", StringComparison.OrdinalIgnoreCase)
            || contentType.StartsWith("application/grpc;", StringComparison.OrdinalIgnoreCase);

    private static void End(HttpContext http, ThriftStatusCode code, string text)
    {
        var number = ((int)code).ToString(CultureInfo.InvariantCulture);
        var fields = http.Response.HasStarted ? http.Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers : http.Response.Headers;
        fields["grpc-status"] = number;
        fields["grpc-message"] = text;
    }
}
