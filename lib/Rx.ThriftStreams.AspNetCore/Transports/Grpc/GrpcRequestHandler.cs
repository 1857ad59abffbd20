using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Logging;
using Rx.ThriftStreams.AspNetCore.Access;
using Rx.ThriftStreams.AspNetCore.Dispatch;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Diagnostics;
using Rx.ThriftStreams.Transport;
using Rx.ThriftStreams.Transports.Grpc;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.AspNetCore.Transports.Grpc;

/// <summary>Takes HTTP/2 requests as gRPC calls, by the rules of Kitex's server.</summary>
internal sealed partial class GrpcRequestHandler(ThriftServerRuntime runtime)
{
    private const int ContentTypeId = 49;

    private const int Http2InternalError = 2;

    /// <summary>Whether a request claims to be gRPC, and so is answered in its terms even if there is no such method.</summary>
    internal static bool IsGrpc(HttpRequest request)
        => request.Protocol == HttpProtocol.Http2 && request.ContentType?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) == true;

    /// <summary>Handles a call of a method that the route found.</summary>
    internal async Task InvokeAsync(HttpContext http, ServerMethod method)
    {
        if (http.Request.Protocol != HttpProtocol.Http2)
        {
            http.Response.StatusCode = StatusCodes.Status426UpgradeRequired;
            http.Response.Headers.Upgrade = "h2c";
            return;
        }

        if (!HttpMethods.IsPost(http.Request.Method))
        {
            http.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            http.Response.Headers.Allow = HttpMethods.Post;
            return;
        }

        if (!IsThriftContentType(http.Request.ContentType))
        {
            await RefuseContentTypeAsync(http, method).ConfigureAwait(false);
            return;
        }

        if (!TryGetTimeout(http.Request, out var timeout))
        {
            GrpcReset.Send(http, Http2InternalError);
            return;
        }

        LiftLimits(http, method.Method.TakesStream, runtime.Options.Limits.MaxReceiveMessageSize);
        var call = new GrpcServerCall(http, timeout, runtime.Options);
        call.Begin();

        // The application's own middleware has authorized the request.
        await method.InvokeAdmittedAsync(call, http.RequestServices, CallIdentity.TryOf(http)).ConfigureAwait(false);
    }

    /// <summary>Handles a gRPC call to an unknown method by the fallback of the host.</summary>
    internal Task ForwardAsync(HttpContext http)
        => GrpcPath.IsLiteral(http)
            && GrpcPath.TryParse(http.Request.Path.Value, out var package, out var service, out var name)
            && runtime.Router.FindFallback(new(RouteFault.UnknownMethod, service, name), package, ThriftStreamingMode.Bidirectional, isOneway: false, OriginOf(http)) is { } method
            ? InvokeAsync(http, method)
            : RejectAsync(http);

    /// <summary>Answers a gRPC call to an unknown method.</summary>
    internal async Task RejectAsync(HttpContext http)
    {
        ThriftException error = GrpcPath.IsLiteral(http) && GrpcPath.TryParse(http.Request.Path.Value, out var service, out var method)
            ? runtime.Router.Refuse(service, method, OriginOf(http))
            : new ThriftStatusException(ThriftStatusCode.Internal, $"malformed method name, method=\"{LogText.Escape(http.Features.Get<IHttpRequestFeature>()?.RawTarget ?? string.Empty)}\"");
        runtime.Router.Report(error, PeerName.Of(http.Connection.RemoteIpAddress, http.Connection.RemotePort).Text);
        await FailAsync(http, error).ConfigureAwait(false);
    }

    /// <summary>Answers a gRPC call with an error.</summary>
    internal async Task FailAsync(HttpContext http, ThriftException error)
    {
        var call = new GrpcServerCall(http, null, runtime.Options);
        await call.CompleteAsync(
            new ServerCallOutcome(error, ServerFaultOrigin.Framework, RevealDetails: true), ThriftMetadata.Empty, ThriftMetadata.Empty).ConfigureAwait(false);
    }

    /// <summary>Answers a request with a payload that is not Thrift: in the terms of gRPC if it is gRPC, and of HTTP otherwise.</summary>
    private async Task RefuseContentTypeAsync(HttpContext http, ServerMethod method)
    {
        var sent = LogText.Escape(http.Request.ContentType ?? string.Empty);
        if (runtime.Entries.TryTake(ContentTypeId, LogLevel.Warning))
        {
            LogContentType(runtime.Logger, method.Method.FullName, http.Connection.RemoteIpAddress?.ToString() ?? "unknown", sent);
        }

        if (IsGrpc(http.Request))
        {
            await FailAsync(
                http,
                new ThriftStatusException(
                    ThriftStatusCode.Internal, $"The content type \"{sent}\" is not served: send messages of Thrift as \"{GrpcFrame.ContentType}\".")).ConfigureAwait(false);
            return;
        }

        http.Response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
        http.Response.Headers["accept-post"] = GrpcFrame.ContentType;
    }

    private static CallOrigin OriginOf(HttpContext http) => new(ThriftProtocols.Grpc, http.Connection.LocalPort);

    /// <summary>
    /// <c>application/grpc+thrift</c>, or with a semicolon, as Kitex takes it. Another sub-type means another payload, which is not served.
    /// </summary>
    internal static bool IsThriftContentType(string? contentType) => contentType is "application/grpc+thrift" or "application/grpc;thrift";

    private static bool TryGetTimeout(HttpRequest request, out TimeSpan? timeout)
    {
        timeout = null;
        var text = request.Headers["grpc-timeout"].ToString();
        if (text.Length == 0)
        {
            return true;
        }

        var valid = GrpcTimeoutFormat.TryDecode(text, out var value);
        timeout = value;
        return valid;
    }

    /// <summary>
    /// A stream of requests has no size, and may be silent for as long as its users like. A single request may be as large as a message, and keeps Kestrel's
    /// least rate: it must not trickle in.
    /// </summary>
    private static void LiftLimits(HttpContext http, bool takesStream, int maxMessageSize)
    {
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            // The message and its prefix; what comes after them is not read.
            size.MaxRequestBodySize = takesStream ? null : Math.Max(size.MaxRequestBodySize ?? 0, (2L * maxMessageSize) + GrpcFrame.PrefixLength);
        }

        if (takesStream && http.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }
    }

    [LoggerMessage(ContentTypeId, LogLevel.Warning, "A call of {Method} from {Peer} was refused: its content type {ContentType} is not application/grpc+thrift. A client of gRPC that sends Protobuf cannot call Thrift services.", EventName = "ContentTypeNotServed")]
    private static partial void LogContentType(ILogger logger, string method, string peer, string contentType);
}
