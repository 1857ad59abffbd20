using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Rx.ThriftStreams.AspNetCore.Dispatch;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Dynamic;
using Rx.ThriftStreams.HttpJson;
using Rx.ThriftStreams.HttpJson.Calls;
using Rx.ThriftStreams.HttpJson.Hosting;
using Rx.ThriftStreams.HttpJson.OpenApi;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Serves Thrift services as JSON over HTTP.</summary>
public static class ThriftJsonEndpointRouteBuilderExtensions
{
    /// <summary>
    /// Serves a service, which must be mapped, also as JSON: <c>POST prefix/package.Service/Method</c> for methods with one request, and a WebSocket at that path for
    /// those with a stream of requests. A stream of responses is sent as lines of JSON or as server-sent events, as <c>Accept</c> says.
    /// </summary>
    /// <remarks>
    /// Calls pass through the same middleware, limits and authorization as those over other transports: the conventions of <c>MapThriftService</c> apply. The port has to speak HTTP/1.1 for
    /// browsers, which one with <c>UseThriftStreams()</c> does not: give the application another port.
    /// </remarks>
    /// <typeparam name="TService">The generated service interface.</typeparam>
    /// <param name="endpoints">The application.</param>
    /// <param name="prefix">The path before the service's name.</param>
    /// <param name="options">How the service is served; the defaults if <see langword="null"/>.</param>
    /// <returns>Adds conventions, for instance <c>RequireCors()</c>, to the endpoints.</returns>
    /// <exception cref="InvalidOperationException">The service is not mapped, or its IDL is not known because it is larger than generated code carries.</exception>
    /// <exception cref="ArgumentException">An option is invalid; the message names it.</exception>
    public static IEndpointConventionBuilder MapThriftJson<TService>(this IEndpointRouteBuilder endpoints, string prefix = "/api", ThriftHttpJsonOptions? options = null)
        where TService : class, IThriftService<TService>
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        var descriptor = TService.Descriptor;
        var idl = descriptor.Schema
            ?? throw new InvalidOperationException($"The IDL of {descriptor.Name} is not known. Load it with ThriftSchema.FromFile, and pass its service to MapThriftJson.");
        var schema = ThriftSchema.FromText(idl, new ThriftSchemaOptions { Package = descriptor.Package });
        return endpoints.MapThriftJson(schema.GetService(descriptor.Name), prefix, options);
    }

    /// <summary>Serves a service whose schema is known at run time, which must be mapped, also as JSON.</summary>
    /// <inheritdoc cref="MapThriftJson{TService}"/>
    /// <param name="endpoints">The application.</param>
    /// <param name="service">The schema of the service.</param>
    /// <param name="prefix">The path before the service's name.</param>
    /// <param name="options">How the service is served; the defaults if <see langword="null"/>.</param>
    /// <exception cref="InvalidOperationException">The service is not mapped.</exception>
    /// <exception cref="ArgumentException">An option is invalid; the message names it.</exception>
    public static IEndpointConventionBuilder MapThriftJson(
        this IEndpointRouteBuilder endpoints,
        ThriftServiceSchema service,
        string prefix = "/api",
        ThriftHttpJsonOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(service);
        ArgumentNullException.ThrowIfNull(prefix);
        var runtime = endpoints.ServiceProvider.GetService<ThriftServerRuntime>();
        if (runtime is null || !runtime.Services.TryGetService(service.Name, out _))
        {
            throw new InvalidOperationException($"The service {service.Name} is not mapped. Call MapThriftService for it before MapThriftJson.");
        }

        options ??= new();
        options.Validate();
        var json = options.EffectiveJson;
        var origins = new OriginRule(options.AllowedOrigins);
        var group = endpoints.MapGroup(prefix);
        runtime.IsServedAsJson = true;
        foreach (var schema in service.Methods)
        {
            Map(group, new JsonMethod(service, schema, json, origins, options.KeepAliveInterval), runtime);
        }

        return group;
    }

    /// <summary>Serves an OpenAPI 3.1 document of all services that <see cref="MapThriftJson{TService}"/> serves. It shows them to whoever may read it.</summary>
    /// <param name="endpoints">The application.</param>
    /// <param name="pattern">The path.</param>
    /// <returns>Adds conventions, for instance <c>RequireAuthorization()</c>, to the endpoint.</returns>
    public static IEndpointConventionBuilder MapThriftOpenApi(this IEndpointRouteBuilder endpoints, string pattern = "/openapi.json")
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        byte[]? document = null;
        return endpoints.MapMethods(pattern, [HttpMethods.Get], http =>
        {
            // By the first request all services are mapped.
            document ??= OpenApiDocument.Create(http.RequestServices.GetRequiredService<EndpointDataSource>().Endpoints);
            http.Response.ContentType = "application/json";
            http.Response.ContentLength = document.Length;
            return http.Response.Body.WriteAsync(document, http.RequestAborted).AsTask();
        }).WithDisplayName("Thrift: OpenAPI");
    }

    private static void Map(RouteGroupBuilder group, JsonMethod method, ThriftServerRuntime runtime)
    {
        var endpoint = new JsonEndpoint(method, runtime);
        var path = "/" + method.Schema.Method.FullName;
        if (method.TakesStream)
        {
            var pipeline = ((IEndpointRouteBuilder)group).CreateApplicationBuilder().UseWebSockets();
            pipeline.Run(endpoint.ConnectAsync);
            Map(group, method, path, pipeline.Build(), HttpMethods.Get, HttpMethods.Connect);
            return;
        }

        Map(group, method, path, endpoint.PostAsync, HttpMethods.Post);
        if (method.IsServerStreaming)
        {
            Map(group, method, path, endpoint.GetAsync, HttpMethods.Get);
        }
    }

    private static void Map(RouteGroupBuilder group, JsonMethod method, string path, RequestDelegate handle, params string[] verbs)
        => group.MapMethods(path, verbs, handle).WithDisplayName($"Thrift {method.Schema} as JSON").WithMetadata(method);
}
