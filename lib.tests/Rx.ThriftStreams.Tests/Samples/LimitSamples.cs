using System.Threading.RateLimiting;
using Demo.Echo;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Rx.ThriftStreams.AspNetCore;

namespace Rx.ThriftStreams.Tests.Samples;

/// <summary>The code of docs/limits.md, docs/health.md, and of the server's part of docs/middleware.md, compiled and run.</summary>
public sealed class LimitSamples
{
    [Fact]
    public async Task Limits()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        var options = new ThriftServerOptions();

        // <sample limits-traffic>
        builder.Services.Configure<ThriftTrafficLimits>(limits =>
        {
            limits.CallsPerSecond = 1_500;
            limits.Connections = 1_000;
            limits.Services["TestService"] = new() { ConcurrentCalls = 200 };
            limits.Services["TestService/Echo"] = new() { MessagesPerSecond = 50 };
        });
        // </sample limits-traffic>

        // <sample limits-caller>
        options.CallLimiter = PartitionedRateLimiter.Create<ThriftServerContext, string>(context =>
            RateLimitPartition.GetTokenBucketLimiter(context.User.Identity?.Name ?? "anonymous", _ => new()
            {
                TokenLimit = 100,
                TokensPerPeriod = 100,
                ReplenishmentPeriod = TimeSpan.FromSeconds(1),
            }));
        // </sample limits-caller>

        // <sample limits-rules>
        options.RejectRules.Add(context => new(
            context.User.IsInRole("crawler") && context.Method.IsStreaming ? "crawlers may not open streams" : null));
        // </sample limits-rules>

        // <sample limits-shedding>
        options.LoadShedding = new()
        {
            MaxCpu = 0.85,
            QueueTimeout = TimeSpan.FromMilliseconds(50),
            Priority = context => context.RequestHeaders.TryGetValue("batch", out _) ? ThriftCallPriority.Low : ThriftCallPriority.Normal,
        };
        // </sample limits-shedding>

        // <sample files-window>
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.Http2.InitialStreamWindowSize = 4 * 1024 * 1024);
        // </sample files-window>

        await using var limiter = options.CallLimiter;
        Assert.NotNull(options.Snapshot().LoadShedding);
    }

    [Fact]
    public async Task Health()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.Services.AddLogging().AddRouting().AddThriftStreams();
        builder.WebHost.UseKestrelCore();
        ITestService service = new EchoService();
        bool IsDatabaseUp() => true;

        // <sample health-map>
        builder.Services.AddHealthChecks()
            .AddCheck("database", () => IsDatabaseUp() ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy())
            .AddCheck("index", () => HealthCheckResult.Healthy(), tags: ["TestService"]);

        var app = builder.Build();
        app.MapThriftService<ITestService>(service);
        app.MapThriftHealth();
        // </sample health-map>

        await using var running = app;
        Assert.Equal(2, ((Microsoft.AspNetCore.Routing.IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints)
            .Count(endpoint => endpoint.DisplayName!.StartsWith("gRPC health", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Composition()
    {
        var log = new AuditLog();
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.Services.AddLogging().AddRouting().AddThriftStreams();
        builder.WebHost.UseKestrelCore();
        builder.Services.AddSingleton(log);
        await using var app = builder.Build();

        // <sample middleware-service>
        app.MapThriftService<ITestService, TestService>()
            .UseThriftMiddleware<AuditMiddleware>()
            .UseThriftMiddleware(receive: CountAsync);
        // </sample middleware-service>

        // <sample middleware-fallback>
        app.MapThriftFallback((context, requests, cancellationToken) =>
        {
            log.Add($"{context.Peer} called {context.Method}");
            throw new ThriftStatusException(ThriftStatusCode.Unimplemented, "The service has moved.");
        });
        // </sample middleware-fallback>

        Assert.Contains(
            ((Microsoft.AspNetCore.Routing.IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints),
            endpoint => endpoint.DisplayName == "Thrift: handler of unknown services");
    }

    private static ValueTask<object?> CountAsync(ThriftCallContext context, Func<ValueTask<object?>> next) => next();

    public sealed class AuditLog
    {
        private readonly List<string> _entries = [];

        public void Add(string entry) => _entries.Add(entry);
    }

    // <sample middleware-class>
    public sealed class AuditMiddleware(AuditLog log) : IThriftServerMiddleware
    {
        public async ValueTask InvokeAsync(ThriftServerContext context, Func<ValueTask> next)
        {
            await next();
            log.Add($"{context.User.Identity?.Name} called {context.Method}");
        }
    }
    // </sample middleware-class>

    // <sample middleware-class-messages>
    public sealed class SizeMiddleware(AuditLog log) : IThriftReceiveMiddleware
    {
        private int _messages;

        public async ValueTask<object?> InvokeAsync(ThriftCallContext context, Func<ValueTask<object?>> next)
        {
            object? message = await next();
            log.Add(message is null ? $"{context.Method} had {_messages} requests" : $"request {++_messages} of {context.Method}");
            return message;
        }
    }
    // </sample middleware-class-messages>

    private sealed class TestService : EchoBase;
}
