using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.AspNetCore.Access;

/// <summary>
/// Creates the <see cref="HttpContext"/> on which ASP.NET Core evaluates a call that did not arrive over HTTP: the call's headers and path, its connection with the
/// client certificate, its endpoint and its scope. Nothing is read from its body or written to its response.
/// </summary>
internal static class CallHttpContext
{
    internal static DefaultHttpContext Create(Endpoint endpoint, ThriftMethod method, ServerTransportCall call, IServiceProvider services, CancellationToken aborted)
    {
        var connection = call.Connection;
        var features = (connection as ServerConnection)?.Inherited is { } inherited ? new FeatureCollection(inherited) : new FeatureCollection();
        var path = "/" + method.FullName;
        var headers = CallHeaders.Of(call);
        features.Set<IHttpRequestFeature>(new HttpRequestFeature
        {
            Protocol = call.Transport,
            Scheme = connection.IsTls ? Uri.UriSchemeHttps : Uri.UriSchemeHttp,
            Method = HttpMethods.Post,
            Path = path,
            RawTarget = path,
            Headers = headers,
        });
        features.Set<IHttpResponseFeature>(new HttpResponseFeature());
        features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(Stream.Null));
        features.Set<IHttpRequestLifetimeFeature>(new HttpRequestLifetimeFeature { RequestAborted = aborted });
        features.Set<IServiceProvidersFeature>(new ServiceProvidersFeature { RequestServices = services });
        features.Set<IHttpConnectionFeature>(Of(connection));

        // Kestrel's own feature may negotiate again to ask for a certificate, which does not work while the connection is being read.
        features.Set<ITlsConnectionFeature>(connection.IsTls ? new TlsConnectionFeature { ClientCertificate = connection.ClientCertificate } : null);

        var http = new DefaultHttpContext(features);
        if (CallHeaders.HostOf(headers, call) is { HasValue: true } host)
        {
            http.Request.Host = host;
        }

        http.SetEndpoint(endpoint);
        return http;
    }

    private static HttpConnectionFeature Of(ThriftServerConnection connection)
    {
        var (local, remote) = (connection.LocalEndPoint as IPEndPoint, connection.RemoteEndPoint as IPEndPoint);
        return new()
        {
            LocalIpAddress = local?.Address,
            LocalPort = local?.Port ?? 0,
            RemoteIpAddress = remote?.Address,
            RemotePort = remote?.Port ?? 0,
        };
    }
}
