using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Transforms;

namespace Rx.ThriftStreams.Tests.Samples;

/// <summary>The proxies of docs/proxies.md. Their tests are in <c>Proxies/</c>.</summary>
internal static class ReverseProxySamples
{
    internal static WebApplication Yarp(int port, IPEndPoint server)
    {
        // <sample proxy-yarp>
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Listen(IPAddress.Loopback, port, listen => listen.Protocols = HttpProtocols.Http2);
        });
        builder.Services.AddReverseProxy().LoadFromMemory(
            [new RouteConfig { RouteId = "thrift", ClusterId = "servers", Match = new RouteMatch { Path = "/{**path}" } }],
            [
                new ClusterConfig
                {
                    ClusterId = "servers",
                    HttpRequest = new ForwarderRequestConfig
                    {
                        Version = HttpVersion.Version20,
                        VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                        ActivityTimeout = TimeSpan.FromHours(1),
                    },
                    Destinations = new Dictionary<string, DestinationConfig> { ["one"] = new() { Address = $"http://{server}" } },
                },
            ])
            .AddTransforms(transforms => transforms.AddRequestHeader("content-type", "application/grpc+thrift", append: false));

        var app = builder.Build();
        app.MapReverseProxy(proxy => proxy.Use((context, next) =>
        {
            // YARP sends requests on as they come only if they have this type; the transform restores the other.
            context.Request.ContentType = "application/grpc";
            return next();
        }));
        // </sample proxy-yarp>
        return app;
    }
}
