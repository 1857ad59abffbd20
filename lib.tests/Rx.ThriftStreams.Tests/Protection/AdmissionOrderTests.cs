using System.Collections.Concurrent;
using System.Security.Claims;
using System.Text.Encodings.Web;
using System.Threading.RateLimiting;
using Demo.Echo;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Rx.ThriftStreams.AspNetCore;
using static Rx.ThriftStreams.Tests.Support.Waits;

namespace Rx.ThriftStreams.Tests.Protection;

/// <summary>The order in which a call passes what may refuse it: the list of docs/limits.md.</summary>
public sealed class AdmissionOrderTests
{
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;
    private static readonly string[] Admission = ["authentication", "authorization of robot"];

    [Theory]
    [InlineData("grpc")]
    [InlineData("ttheader")]
    public async Task Call_PassesEachStepInTheSameOrder_AndTheLimiterSeesItsCaller(string scheme)
    {
        var steps = new Steps();
        await using var app = await StartAsync(steps, static _ => { });
        await using var channel = PatientChannel.ForAddress($"{scheme}://{app.Endpoint()}");

        await new TestServiceClient(channel).EchoUnaryAsync(Ask("x"), Token).Soon();

        Assert.Equal([.. Admission, "rule for robot", "limiter for robot", "load shedding for robot", "middleware of the server", "middleware of the service", "handler"], steps.Take());
    }

    [Theory]
    [InlineData("grpc", true)]
    [InlineData("ttheader", false)]
    public async Task TrafficLimit_ComesBeforeAuthentication_ExceptOverGrpc(string scheme, bool isAuthenticated)
    {
        var steps = new Steps();
        await using var app = await StartAsync(steps, static limits => limits.ConcurrentCalls = 1);
        await using var channel = PatientChannel.ForAddress($"{scheme}://{app.Endpoint()}");
        var client = new TestServiceClient(channel);
        await using var held = await client.OpenEchoAsync(cancellationToken: Token);
        await held.SendAsync(Ask("x"), Token).Soon();
        await using var answers = held.GetAsyncEnumerator(Token);
        Assert.True(await answers.MoveNextAsync().AsTask().Soon());
        steps.Take();

        var error = await Assert.ThrowsAsync<ThriftStatusException>(() => client.EchoUnaryAsync(Ask("x"), Token).Soon());

        Assert.Equal(ThriftStatusCode.ResourceExhausted, error.StatusCode);
        Assert.Equal(isAuthenticated ? Admission : [], steps.Take());
    }

    private static Task<WebApplication> StartAsync(Steps steps, Action<ThriftTrafficLimits> limit) => ThriftApplication.StartAsync(
        static listen => listen.UseThriftStreams(),
        app => app.MapThriftService<ITestService, RecordingService>().RequireAuthorization("robots").UseThriftMiddleware((_, next) =>
        {
            steps.Add("middleware of the service");
            return next();
        }),
        services =>
        {
            services.AddSingleton(steps);
            services.Configure(limit);
            services.AddAuthentication("test").AddScheme<AuthenticationSchemeOptions, RecordingScheme>("test", null);
            services.AddAuthorizationBuilder().AddPolicy("robots", policy => policy.RequireAssertion(context => steps.Add($"authorization of {context.User.Identity?.Name}")));
            services.Configure<ThriftServerOptions>(options =>
            {
                options.StreamMiddleware.Add((_, next) =>
                {
                    steps.Add("middleware of the server");
                    return next();
                });
                options.RejectRules.Add(context =>
                {
                    steps.Add($"rule for {context.User.Identity?.Name}");
                    return default;
                });
                options.LoadShedding = new()
                {
                    Priority = context =>
                    {
                        steps.Add($"load shedding for {context.User.Identity?.Name}");
                        return ThriftCallPriority.Normal;
                    },
                };
                options.CallLimiter = PartitionedRateLimiter.Create<ThriftServerContext, string>(context =>
                {
                    steps.Add($"limiter for {context.User.Identity?.Name}");
                    return RateLimitPartition.GetNoLimiter("all");
                });
            });
        });

    private sealed class Steps
    {
        private readonly ConcurrentQueue<string> _steps = new();

        public bool Add(string step)
        {
            _steps.Enqueue(step);
            return true;
        }

        public List<string> Take()
        {
            var taken = new List<string>();
            while (_steps.TryDequeue(out var step))
            {
                taken.Add(step);
            }

            return taken;
        }
    }

    private sealed class RecordingService(Steps steps) : EchoBase
    {
        public override Task<Response> EchoUnaryAsync(Request req, CancellationToken cancellationToken = default)
        {
            steps.Add("handler");
            return base.EchoUnaryAsync(req, cancellationToken);
        }
    }

    private sealed class RecordingScheme(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, Steps steps)
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
    {
        protected override Task<AuthenticateResult> HandleAuthenticateAsync()
        {
            steps.Add("authentication");
            var robot = new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, "robot")], Scheme.Name));
            return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(robot, Scheme.Name)));
        }
    }
}
