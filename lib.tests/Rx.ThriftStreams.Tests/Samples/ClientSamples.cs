using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Threading.Channels;
using Demo.Echo;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Time.Testing;
using Rx.ThriftStreams.AspNetCore;

namespace Rx.ThriftStreams.Tests.Samples;

/// <summary>The samples of the pages about clients from a container.</summary>
public sealed class ClientSamples
{
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Host_WithConfiguredClient_Calls()
    {
        await using var servers = await NamedServers.StartAsync(1);
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["Clients:Echo:Address"] = $"grpc://{servers.Addresses[0]}" });

        // <sample di-client>
        builder.Services.AddThriftClient<ITestService>()
            .BindConfiguration("Clients:Echo")
            .AddMiddleware<TenantMiddleware>();
        builder.Services.AddSingleton<Greeter>();

        // </sample di-client>
        using var host = builder.Build();
        await host.StartAsync(Token);

        Assert.Equal("0", await host.Services.GetRequiredService<Greeter>().GreetAsync(Token));
        await host.StopAsync(Token);
    }

    [Fact]
    public async Task Host_WithTokensFromAnEndpoint_SendsThem()
    {
        string? revoked = null;
        await using var server = await ThriftServer.StartAsync("127.0.0.1:0", server => server.AddService<ITestService>(new HoldingService
        {
            Unary = _ => ThriftServerContext.Current!.RequestHeaders["authorization"] is var sent && sent == revoked
                ? throw new ThriftStatusException(ThriftStatusCode.Unauthenticated, "The token was revoked.")
                : new Response { Message = sent },
        }));
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { EnvironmentName = Environments.Development });
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Clients:Echo:Address"] = $"grpc://{server.Endpoint}",

            // Kept by what the sample adds: the clock below does not move by itself.
            ["Clients:Echo:Resilience:Retry:MaxRetries"] = "1",
            ["Clients:Echo:Resilience:Retry:Delay"] = "00:00:00",
        });

        // <sample di-tokens-registered>
        builder.Services.AddSingleton<ITokenEndpoint, TokenEndpoint>();     // yours: OAuth client credentials, a file that an agent rewrites, …
        builder.Services.AddThriftClient<ITestService>()
            .BindConfiguration("Clients:Echo")
            .AddBearerToken<ITokenEndpoint>(
                (tokens, cancellationToken) => tokens.RequestAsync(cancellationToken),
                allowCleartext: builder.Environment.IsDevelopment())
            .Configure(options =>
            {
                // Once more with a new token. Idempotent calls only: others fail, and the next one has a new token.
                var retry = options.Channel.Resilience.Retry ??= new() { MaxRetries = 1 };
                retry.ShouldRetry = error => error.StatusCode is ThriftStatusCode.Unauthenticated or ThriftStatusCode.Unavailable or ThriftStatusCode.DeadlineExceeded;
            });

        // </sample di-tokens-registered>
        var clock = new FakeTimeProvider();
        var endpoint = new TokenEndpoint();
        builder.Services.AddSingleton<TimeProvider>(clock).AddSingleton<ITokenEndpoint>(endpoint);
        using var host = builder.Build();
        await host.StartAsync(Token);
        var client = host.Services.GetRequiredService<ITestService>();

        // Two calls wait for one token.
        var first = client.EchoUnaryAsync(new(), Token);
        var second = client.EchoUnaryAsync(new(), Token);
        endpoint.Grant(new("one", clock.GetUtcNow() + TimeSpan.FromMinutes(10)));
        Assert.Equal(("Bearer one", "Bearer one"), ((await first).Message, (await second).Message));

        clock.Advance(TimeSpan.FromMinutes(9));
        endpoint.Grant(new("two", clock.GetUtcNow() + TimeSpan.FromMinutes(10)));
        Assert.Equal("Bearer two", (await client.EchoUnaryAsync(new(), Token)).Message);
        Assert.Equal(2, endpoint.Requests);

        // A refused token is dropped. A call that may be repeated is, with a new one; another one fails, and the next call has a new one.
        revoked = "Bearer two";
        endpoint.Grant(new("three", clock.GetUtcNow() + TimeSpan.FromMinutes(10)));
        Assert.Equal("Bearer three", (await client.EchoUnaryAsync(new(), new ThriftCallOptions { IsIdempotent = true }, Token).Soon()).Message);
        revoked = "Bearer three";
        Assert.Equal(ThriftStatusCode.Unauthenticated, (await Assert.ThrowsAsync<ThriftStatusException>(() => client.EchoUnaryAsync(new(), Token))).StatusCode);
        endpoint.Grant(new("four", clock.GetUtcNow() + TimeSpan.FromMinutes(10)));
        Assert.Equal("Bearer four", (await client.EchoUnaryAsync(new(), Token)).Message);
        Assert.Equal(4, endpoint.Requests);
        await host.StopAsync(Token);
    }

    [Fact]
    public async Task Gateway_WithTheTokenOfItsCaller_SendsItWithEveryAttempt()
    {
        var sent = new ConcurrentQueue<string>();
        await using var server = await ThriftServer.StartAsync("127.0.0.1:0", server => server.AddService<ITestService>(new HoldingService
        {
            Unary = _ =>
            {
                sent.Enqueue(ThriftServerContext.Current!.RequestHeaders["authorization"]);
                return sent.Count == 1 ? throw new ThriftStatusException(ThriftStatusCode.Unavailable, "Once more.") : new Response { Message = "served" };
            },
        }));
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { EnvironmentName = Environments.Development });
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Clients:Echo:Address"] = $"grpc://{server.Endpoint}",
            ["Clients:Echo:Resilience:Retry:MaxRetries"] = "1",
            ["Clients:Echo:Resilience:Retry:Delay"] = "00:00:00",
        });

        // <sample di-tokens-forwarded>
        builder.Services.AddHttpContextAccessor();
        builder.Services.AddThriftClient<ITestService>()
            .BindConfiguration("Clients:Echo")
            .AddBearerToken(
                (services, _) => AuthenticationHeaderValue.TryParse(services.GetRequiredService<IHttpContextAccessor>().HttpContext?.Request.Headers.Authorization, out var sent)
                    && sent is { Scheme: "Bearer", Parameter: { } token }
                        ? new ValueTask<string>(token)
                        : throw new InvalidOperationException("A call for a user was made outside of a request that carries a token."),
                allowCleartext: builder.Environment.IsDevelopment());

        // </sample di-tokens-forwarded>
        await using var app = builder.Build();
        app.MapGet("/ask", async (ITestService echo, CancellationToken cancellationToken) => (await echo.EchoUnaryAsync(new(), new ThriftCallOptions { IsIdempotent = true }, cancellationToken)).Message);
        await app.StartAsync(Token);
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "of-ada");

        Assert.Equal("served", await http.GetStringAsync("/ask", Token));

        Assert.Equal(["Bearer of-ada", "Bearer of-ada"], sent);
        var outside = await Assert.ThrowsAsync<ThriftAccessTokenException>(() => app.Services.GetRequiredService<ITestService>().EchoUnaryAsync(new(), Token));
        Assert.IsType<InvalidOperationException>(outside.InnerException);
        await app.StopAsync(Token);
    }

    [Fact]
    public async Task Services_WithNamedAndDiscoveredClients_AreRegistered()
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().Build());
        services.AddLogging();

        // <sample di-named>
        services.AddThriftClient<ITestService>("primary", options => options.Address = "grpc://10.0.0.1:8888");
        services.AddThriftClient<ITestService>("replica", options =>
        {
            options.Address = "grpc://_thrift.echo";
            options.Channel.Resilience.Retry = new();
        }).UseServiceDiscovery();

        // </sample di-named>
        await using var provider = services.BuildServiceProvider();
        Assert.Equal("grpc://_thrift.echo", ((ThriftClient)provider.GetRequiredKeyedService<ITestService>("replica")).Channel.Address);
    }

    [Fact]
    public async Task GeneratedClient_FromTheContainer_UsesTheSameChannel()
    {
        var services = new ServiceCollection();
        services.AddLogging();

        // <sample di-open>
        services.AddThriftClient<ITestService>(options => options.Address = "grpc://10.0.0.1:8888");
        services.AddSingleton(provider => new TestServiceClient(provider.GetThriftChannel("TestService")));

        // </sample di-open>
        services.AddSingleton<Listener>();
        await using var provider = services.BuildServiceProvider();
        Assert.NotNull(provider.GetRequiredService<Listener>());
        var client = provider.GetRequiredService<TestServiceClient>();

        // What the page says about the injected interface.
        Assert.Same(client.Channel, Assert.IsType<TestServiceClient>(provider.GetRequiredService<ITestService>()).Channel);
    }

    [Fact]
    public async Task Host_WithACheckOfAClient_ReportsThatItsServerIsMissing()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection([new("Clients:Echo:Address", "grpc://127.0.0.1:1")]);

        // <sample health-clients>
        builder.Services.AddThriftClient<ITestService>().BindConfiguration("Clients:Echo");
        builder.Services.AddHealthChecks()
            .AddThriftClientCheck<ITestService>(failureStatus: HealthStatus.Degraded, tags: ["ready"], timeout: TimeSpan.FromSeconds(2));

        // </sample health-clients>
        using var host = builder.Build();
        await host.StartAsync(Token);
        var report = await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(Token);
        Assert.Equal(HealthStatus.Degraded, report.Entries["TestService"].Status);
        await host.StopAsync(Token);
    }

    // <sample di-middleware>
    internal sealed class TenantMiddleware(IConfiguration configuration) : IThriftClientMiddleware
    {
        public ValueTask<ThriftCreatedStream> InvokeAsync(ThriftClientContext context, Func<ValueTask<ThriftCreatedStream>> next)
        {
            context.RequestHeaders.Set("tenant", configuration["Tenant"] ?? "none");
            return next();
        }
    }

    // </sample di-middleware>
    internal interface ITokenEndpoint
    {
        ValueTask<ThriftAccessToken> RequestAsync(CancellationToken cancellationToken);
    }

    /// <summary>Grants the tokens that a test provides, as soon as it does.</summary>
    private sealed class TokenEndpoint : ITokenEndpoint
    {
        private readonly Channel<ThriftAccessToken> _granted = Channel.CreateUnbounded<ThriftAccessToken>();

        public int Requests { get; private set; }

        public void Grant(ThriftAccessToken token) => _granted.Writer.TryWrite(token);

        public async ValueTask<ThriftAccessToken> RequestAsync(CancellationToken cancellationToken)
        {
            Requests++;
            return await _granted.Reader.ReadAsync(cancellationToken);
        }
    }

    // <sample di-open-user>
    internal sealed class Listener(TestServiceClient echo)
    {
        public async Task<string?> ListenAsync(CancellationToken cancellationToken)
        {
            await using var call = await echo.OpenEchoServerAsync(new() { Message = "hi" }, cancellationToken: cancellationToken);
            await foreach (var response in call)
            {
                Console.WriteLine(response.Message);
            }

            return call.Trailers["served-by"];
        }
    }

    // </sample di-open-user>

    // <sample di-user>
    internal sealed class Greeter(ITestService echo)
    {
        public async Task<string?> GreetAsync(CancellationToken cancellationToken)
            => (await echo.EchoUnaryAsync(new() { Message = "hi" }, cancellationToken)).Message;
    }

    // </sample di-user>
}
