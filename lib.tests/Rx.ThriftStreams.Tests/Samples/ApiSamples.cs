using Demo.Echo;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Rx.ThriftStreams.Tests.Samples;

/// <summary>The examples of the documentation of public members, compiled.</summary>
internal static class ApiSamples
{
    private interface ITokenEndpoint
    {
        ValueTask<ThriftAccessToken> RequestAsync(CancellationToken cancellationToken);
    }

    public static async Task<Response> CallAsync(CancellationToken cancellationToken)
    {
        // <sample api-channel>
        await using var channel = ThriftChannel.ForAddress("grpc://localhost:8888");
        var client = new TestServiceClient(channel);
        var answer = await client.EchoUnaryAsync(new() { Message = "hello" }, cancellationToken);
        // </sample api-channel>
        return answer;
    }

    public static async Task ServeAsync(string[] args)
    {
        // <sample api-server>
        var builder = WebApplication.CreateSlimBuilder(args);
        builder.Services.AddThriftStreams();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenLocalhost(8888, listen => listen.UseThriftStreams()));

        await using var app = builder.Build();
        app.MapThriftService<ITestService, EchoService>();
        await app.RunAsync();
        // </sample api-server>
    }

    public static void Configure(WebApplicationBuilder builder)
    {
        // <sample api-endpoint>
        builder.WebHost.ConfigureKestrel((context, kestrel) => kestrel.Configure(context.Configuration.GetSection("Kestrel"))
            .Endpoint("Thrift", endpoint => endpoint.UseThriftStreams()));
        // </sample api-endpoint>
    }

    public static async Task<Response> InjectAsync(IServiceCollection services, CancellationToken cancellationToken)
    {
        // <sample api-client>
        services.AddThriftClient<ITestService>(options => options.Address = "grpc://localhost:8888");

        await using var provider = services.BuildServiceProvider();
        var client = provider.GetRequiredService<ITestService>();
        var answer = await client.EchoUnaryAsync(new() { Message = "hello" }, cancellationToken);
        // </sample api-client>
        return answer;
    }

    public static void Check(IServiceCollection services)
    {
        // <sample api-client-check>
        services.AddThriftClient<ITestService>(options => options.Address = "grpc://localhost:8888");
        services.AddHealthChecks().AddThriftClientCheck<ITestService>(failureStatus: HealthStatus.Degraded, timeout: TimeSpan.FromSeconds(2));
        // </sample api-client-check>
    }

    public static void Authenticate(IServiceCollection services)
    {
        // <sample api-token>
        services.AddThriftClient<ITestService>(options => options.Address = "grpcs://echo.internal:8888")
            .AddBearerToken(async (_, cancellationToken) => await File.ReadAllTextAsync("/run/secrets/token", cancellationToken));
        // </sample api-token>
    }

    public static void AuthenticateWithTokensThatExpire(IServiceCollection services)
    {
        // <sample api-access-token>
        services.AddThriftClient<ITestService>(options => options.Address = "grpcs://echo.internal:8888")
            .AddBearerToken((provider, cancellationToken) => provider.GetRequiredService<ITokenEndpoint>().RequestAsync(cancellationToken));
        // </sample api-access-token>
    }

    public static void AuthenticateWithASource(IServiceCollection services)
    {
        // <sample api-token-source>
        services.AddThriftClient<ITestService>(options => options.Address = "grpcs://echo.internal:8888")
            .AddBearerToken<ITokenEndpoint>((tokens, cancellationToken) => tokens.RequestAsync(cancellationToken));
        // </sample api-token-source>
    }
}
