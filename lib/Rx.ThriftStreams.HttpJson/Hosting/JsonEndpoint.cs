using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Net.Http.Headers;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.AspNetCore.Dispatch;
using Rx.ThriftStreams.HttpJson.Answers;
using Rx.ThriftStreams.HttpJson.Calls;

namespace Rx.ThriftStreams.HttpJson.Hosting;

/// <summary>Takes the requests for one method and hands them to the dispatcher of all transports.</summary>
internal sealed class JsonEndpoint(JsonMethod method, ThriftServerRuntime runtime)
{
    private const string MediaType = "application/json";

    /// <summary>POST: the request is the body.</summary>
    internal Task PostAsync(HttpContext http)
        => IsJson(http.Request)
            ? AnswerAsync(http)
            : RefuseAsync(http, StatusCodes.Status415UnsupportedMediaType, ThriftStatusCode.InvalidArgument, $"The content type has to be {MediaType}.");

    /// <summary>GET: the request is in the query, as an <c>EventSource</c> of a browser sends it.</summary>
    internal Task GetAsync(HttpContext http) => method.Origins.Allows(http.Request) ? AnswerAsync(http) : RefuseOriginAsync(http);

    /// <summary>The handshake of a WebSocket.</summary>
    internal Task ConnectAsync(HttpContext http)
    {
        if (!http.WebSockets.IsWebSocketRequest)
        {
            http.Response.Headers.Upgrade = "websocket";
            return RefuseAsync(http, StatusCodes.Status426UpgradeRequired, ThriftStatusCode.FailedPrecondition, $"{method.Schema} takes a stream of messages: call it over WebSocket.");
        }

        return method.Origins.Allows(http.Request) ? InvokeAsync(http, new SocketExchange(http, method, runtime)) : RefuseOriginAsync(http);
    }

    private Task AnswerAsync(HttpContext http)
    {
        if (!method.IsServerStreaming)
        {
            return InvokeAsync(http, new SingleExchange(http, method, runtime));
        }

        return StreamFormat.For(http.Request) is { } format
            ? InvokeAsync(http, new StreamExchange(http, method, runtime, format, runtime.Options.TimeProvider))
            : RefuseAsync(
                http,
                StatusCodes.Status406NotAcceptable,
                ThriftStatusCode.InvalidArgument,
                $"{method.Schema} answers with {StreamFormat.Lines.ContentType} or {StreamFormat.Events.ContentType}.");
    }

    private async Task InvokeAsync(HttpContext http, JsonExchange exchange)
    {
        await using (exchange.ConfigureAwait(false))
        {
            if (!JsonServerCall.TryGetTimeout(http.Request, out var timeout))
            {
                await RefuseAsync(
                    http,
                    StatusCodes.Status400BadRequest,
                    ThriftStatusCode.InvalidArgument,
                    $"The header {JsonServerCall.TimeoutHeader} needs a positive number of milliseconds.").ConfigureAwait(false);
                return;
            }

            var origin = new CallOrigin(ThriftProtocols.HttpJson, http.Connection.LocalPort);
            if (runtime.Router.FindExactly(method.Service.Name, method.Schema.Name, CallForm.Any, origin, out _) is not { } found)
            {
                await RefuseAsync(http, StatusCodes.Status404NotFound, ThriftStatusCode.UnknownService, $"{method.Schema} is not served here.").ConfigureAwait(false);
                return;
            }

            // Authorized like a call over any other transport, by the metadata of the service. In a scope of its own: the handlers of authentication schemes belong to one
            // context for the life of a scope, and the application's middleware may have used those of the request.
            var scope = http.RequestServices.CreateAsyncScope();
            await using (scope.ConfigureAwait(false))
            {
                using var call = new JsonServerCall(http, method, exchange, timeout, runtime);
                await found.InvokeAsync(call, scope.ServiceProvider).ConfigureAwait(false);
            }
        }
    }

    private Task RefuseOriginAsync(HttpContext http) => RefuseAsync(
        http,
        StatusCodes.Status403Forbidden,
        ThriftStatusCode.PermissionDenied,
        $"Pages of this origin may not call {method.Schema}. Add the origin to {nameof(ThriftHttpJsonOptions)}.{nameof(ThriftHttpJsonOptions.AllowedOrigins)}.");

    private Task RefuseAsync(HttpContext http, int status, ThriftStatusCode code, string detail)
        => new Problem(status, code, detail).AnswerAsync(http.Response, method.Json);

    /// <summary>Browsers send other types to other origins without asking first.</summary>
    private static bool IsJson(HttpRequest request)
        => MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
            && type.MediaType.Equals(MediaType, StringComparison.OrdinalIgnoreCase)
            && (!type.Charset.HasValue || type.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase));
}
