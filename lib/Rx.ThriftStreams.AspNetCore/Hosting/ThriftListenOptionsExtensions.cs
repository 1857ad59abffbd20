using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.AspNetCore.Dispatch;
using Rx.ThriftStreams.AspNetCore.Port;

namespace Microsoft.AspNetCore.Hosting;

/// <summary>Lets one port of Kestrel speak every protocol of Thrift services.</summary>
public static class ThriftListenOptionsExtensions
{
    /// <summary>
    /// Tells the protocols apart by the first bytes of each connection: HTTP/2 with prior knowledge goes to Kestrel; TTHeader Streaming and ping-pong calls over
    /// TTHeader, TTHeaderFramed, Framed and Buffered are served directly. Behind <c>UseHttps()</c> the same holds for what is inside TLS.
    /// </summary>
    /// <remarks>
    /// The endpoint's <see cref="ListenOptions.Protocols"/> become <see cref="HttpProtocols.Http2"/>. A connection that fits no protocol, or does not say within
    /// <see cref="ThriftServerLimits.DetectionTimeout"/>, is closed and logged.
    /// </remarks>
    /// <param name="listenOptions">The endpoint.</param>
    /// <returns>The same endpoint.</returns>
    /// <exception cref="InvalidOperationException">
    /// When the server starts: <c>AddThriftStreams()</c> was not called, no service is mapped, or calls without a service's name could not be routed.
    /// </exception>
    public static ListenOptions UseThriftStreams(this ListenOptions listenOptions)
    {
        ArgumentNullException.ThrowIfNull(listenOptions);
        listenOptions.Protocols = HttpProtocols.Http2;
        listenOptions.Use(next =>
        {
            var services = listenOptions.ApplicationServices;
            var runtime = services.GetService<ThriftServerRuntime>()
                ?? throw new InvalidOperationException("Thrift services are not registered. Call builder.Services.AddThriftStreams() first.");
            ServiceRouter.Validate(runtime);
            return new ThriftPort(runtime, services, next).OnConnectionAsync;
        });
        return listenOptions;
    }
}
