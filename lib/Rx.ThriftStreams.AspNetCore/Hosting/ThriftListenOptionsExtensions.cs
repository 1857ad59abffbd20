using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.AspNetCore.Access;
using Rx.ThriftStreams.AspNetCore.Dispatch;
using Rx.ThriftStreams.AspNetCore.Hosting;
using Rx.ThriftStreams.AspNetCore.Port;
using Rx.ThriftStreams.Options;

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
    /// <see cref="ThriftServerLimits.DetectionTimeout"/>, is closed and logged. Kestrel's HTTP/2 limits that still have their defaults are fitted for streams:
    /// <see cref="ThriftServerLimits.MaxStreamsPerConnection"/> streams, windows of 256 KiB a stream and 64 MiB a connection. They are those of the host. A
    /// connection of this endpoint whose caller cancels more than <see cref="ThriftServerLimits.MaxResetsPerSecond"/> calls a second is closed.
    /// </remarks>
    /// <param name="listenOptions">The endpoint.</param>
    /// <returns>The same endpoint.</returns>
    /// <example>
    /// <!-- sample: api-server -->
    /// <code>
    /// var builder = WebApplication.CreateSlimBuilder(args);
    /// builder.Services.AddThriftStreams();
    /// builder.WebHost.ConfigureKestrel(kestrel =&gt; kestrel.ListenLocalhost(8888, listen =&gt; listen.UseThriftStreams()));
    ///
    /// await using var app = builder.Build();
    /// app.MapThriftService&lt;ITestService, EchoService&gt;();
    /// await app.RunAsync();
    /// </code>
    /// </example>
    /// <exception cref="ArgumentNullException"><paramref name="listenOptions"/> is <see langword="null"/>.</exception>
    /// <exception cref="InvalidOperationException">
    /// When the server starts: <c>AddThriftStreams()</c> was not called, no service is mapped, or calls without a service's name could not be routed, or could
    /// not be authorized.
    /// </exception>
    public static ListenOptions UseThriftStreams(this ListenOptions listenOptions) => UseThriftStreams(listenOptions, ThriftProtocols.All);

    /// <summary>The same for some of the protocols: connections that speak another one are closed and logged, and requests in a form that is not served are refused.</summary>
    /// <inheritdoc cref="UseThriftStreams(ListenOptions)"/>
    /// <param name="listenOptions">The endpoint.</param>
    /// <param name="protocols">The protocols that the endpoint speaks; at least one.</param>
    /// <exception cref="ArgumentOutOfRangeException">The value names no protocol, or an unknown one.</exception>
    public static ListenOptions UseThriftStreams(this ListenOptions listenOptions, ThriftProtocols protocols)
    {
        ArgumentNullException.ThrowIfNull(listenOptions);
        ProtocolChecks.ThrowIfNone(protocols);
        listenOptions.Protocols = HttpProtocols.Http2;
        var settings = listenOptions.ApplicationServices.GetRequiredService<IOptions<ThriftServerOptions>>().Value;
        KestrelStreamLimits.Fit(listenOptions.KestrelServerOptions.Limits.Http2, settings);
        listenOptions.Use(next =>
        {
            var services = listenOptions.ApplicationServices;
            var runtime = ThriftServerRuntime.Of(services);
            ServiceChecks.Validate(runtime, protocols, listenOptions.IPEndPoint?.Port ?? 0);
            return new ThriftPort(runtime, protocols, services, next).OnConnectionAsync;
        });
        return listenOptions;
    }

    /// <summary>Serves over TLS with a certificate that may be replaced while the server runs. Call it before <see cref="UseThriftStreams(ListenOptions)"/>, as <c>UseHttps()</c>.</summary>
    /// <param name="listenOptions">The endpoint.</param>
    /// <param name="certificatePath">A PEM file with the certificate and, after it, those that signed it.</param>
    /// <param name="keyPath">A PEM file with its private key.</param>
    /// <param name="configure">Changes how, for instance whether clients present a certificate; <see langword="null"/> for Kestrel's defaults.</param>
    /// <returns>The same endpoint.</returns>
    /// <remarks>
    /// The files are read when the server starts, and again at most every 10 s, when a connection comes. Connections keep the certificate that they began with. Files that cannot be loaded again are
    /// logged, and the certificate before them stays in use. Needs <c>AddThriftStreams()</c>.
    /// </remarks>
    /// <exception cref="InvalidOperationException">When the server starts: a file cannot be read, or is not a certificate, or not its key; the text names the files.</exception>
    public static ListenOptions UseTls(this ListenOptions listenOptions, string certificatePath, string keyPath, Action<HttpsConnectionAdapterOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(listenOptions);
        ArgumentException.ThrowIfNullOrEmpty(certificatePath);
        ArgumentException.ThrowIfNullOrEmpty(keyPath);
        return listenOptions.UseHttps(tls =>
        {
            configure?.Invoke(tls);
            Rotate(listenOptions, tls, certificatePath, keyPath);
        });
    }

    /// <summary>Has each connection get the certificate that the files have when it comes.</summary>
    internal static void Rotate(ListenOptions listenOptions, HttpsConnectionAdapterOptions tls, string certificatePath, string keyPath)
    {
        var files = Load(ThriftServerRuntime.Of(listenOptions.ApplicationServices), certificatePath, keyPath);
        tls.ServerCertificate ??= files.Current.TargetCertificate;
        var own = tls.OnAuthenticate;
        tls.OnAuthenticate = (connection, options) =>
        {
            options.ServerCertificateContext = files.Current;
            own?.Invoke(connection, options);
        };
    }

    private static CertificateFiles Load(ThriftServerRuntime runtime, string certificatePath, string keyPath)
    {
        try
        {
            return new(certificatePath, keyPath, runtime.Options.TimeProvider, runtime.Logger);
        }
        catch (Exception error) when (CertificateFiles.IsUnusable(error))
        {
            throw new InvalidOperationException($"The certificate {certificatePath} with the key {keyPath} cannot be loaded: {error.Message}", error);
        }
    }
}
