using Microsoft.AspNetCore.Server.Kestrel;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Rx.ThriftStreams.AspNetCore;

namespace Microsoft.AspNetCore.Hosting;

/// <summary>Lets an endpoint of Kestrel's configuration speak every protocol of Thrift services.</summary>
public static class ThriftEndpointConfigurationExtensions
{
    /// <summary>
    /// Serves Thrift on an endpoint of the configuration, inside TLS if its address begins with <c>https</c>: <c>kestrel.Configure(section).Endpoint("Thrift", endpoint => endpoint.UseThriftStreams())</c>.
    /// Does what <see cref="ThriftListenOptionsExtensions.UseThriftStreams(ListenOptions, ThriftProtocols)"/> does.
    /// </summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="protocols">The protocols that the endpoint speaks; at least one. Default: all.</param>
    /// <param name="configureTls">Changes the TLS settings that the configuration has; not called without TLS.</param>
    /// <returns>The same endpoint.</returns>
    /// <remarks>
    /// <para>
    /// A certificate that the section gives as PEM files, <c>Certificate:Path</c> and <c>Certificate:KeyPath</c> without a password, may be replaced while the server runs: the files are read again at most every 10 s, when a
    /// connection comes, as with <see cref="ThriftListenOptionsExtensions.UseTls"/>. Other certificates stay until the server is restarted.
    /// </para>
    /// <para>
    /// By ALPN the endpoint offers <c>h2</c> only, for gRPC. Clients of the other protocols need not take part in ALPN; the handshake of one that does, without offering <c>h2</c>, fails. What arrives inside TLS is told apart by its
    /// first bytes, as without TLS.
    /// </para>
    /// </remarks>
    /// <example>
    /// <!-- sample: api-endpoint -->
    /// <code>
    /// builder.WebHost.ConfigureKestrel((context, kestrel) =&gt; kestrel.Configure(context.Configuration.GetSection("Kestrel"))
    ///     .Endpoint("Thrift", endpoint =&gt; endpoint.UseThriftStreams()));
    /// </code>
    /// </example>
    /// <exception cref="ArgumentNullException"><paramref name="endpoint"/> is <see langword="null"/>.</exception>
    /// <exception cref="InvalidOperationException">
    /// When the server starts: the section of an endpoint with TLS has <c>Sni</c>, which is not supported here; the endpoint has no certificate; a file of the certificate cannot be used; or what
    /// <see cref="ThriftListenOptionsExtensions.UseThriftStreams(ListenOptions, ThriftProtocols)"/> says.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">The value names no protocol, or an unknown one.</exception>
    public static EndpointConfiguration UseThriftStreams(
        this EndpointConfiguration endpoint, ThriftProtocols protocols = ThriftProtocols.All, Action<HttpsConnectionAdapterOptions>? configureTls = null)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        if (endpoint.IsHttps)
        {
            UseTls(endpoint, configureTls);
        }

        endpoint.ListenOptions.UseThriftStreams(protocols);
        return endpoint;
    }

    private static string MissingCertificate(IConfigurationSection section)
    {
        var host = section.Path[..^$"Endpoints:{section.Key}".Length];
        return $"{section.Path}:Url begins with https, and the endpoint has no certificate. Set {section.Path}:Certificate:Path, and for a PEM file {section.Path}:Certificate:KeyPath; or {host}Certificates:Default:Path for "
            + "all endpoints; or ServerCertificate in configureTls. On a developer's machine \"dotnet dev-certs https\" creates one that is used without any of these.";
    }

    private static void UseTls(EndpointConfiguration endpoint, Action<HttpsConnectionAdapterOptions>? configure)
    {
        var (listen, section) = (endpoint.ListenOptions, endpoint.ConfigSection);
        if (section.GetSection("Sni").Exists())
        {
            throw new InvalidOperationException(
                $"{section.Path}:Sni is not supported on an endpoint that calls UseThriftStreams(). Give the endpoint one certificate, or choose by the name of the server in ServerCertificateSelector, in configureTls.");
        }

        var certificate = section.GetSection("Certificate");
        configure?.Invoke(endpoint.HttpsOptions);
        if (certificate["Path"] is { Length: > 0 } path && certificate["KeyPath"] is { Length: > 0 } keyPath && certificate["Password"] is null
            && endpoint.HttpsOptions.ServerCertificateSelector is null)
        {
            // Relative paths begin at the content root, as Kestrel reads them.
            var root = listen.ApplicationServices.GetRequiredService<IHostEnvironment>().ContentRootPath;
            ThriftListenOptionsExtensions.Rotate(listen, endpoint.HttpsOptions, Path.Combine(root, path), Path.Combine(root, keyPath));
        }

        if (endpoint.HttpsOptions is { ServerCertificate: null, ServerCertificateSelector: null })
        {
            throw new InvalidOperationException(MissingCertificate(section));
        }

        listen.UseHttps(endpoint.HttpsOptions);
    }
}
