using System.Security.Claims;
using System.Text.Encodings.Web;
using Demo.Echo;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Rx.ThriftStreams.AspNetCore;

namespace Rx.ThriftStreams.Tests.Samples;

/// <summary>The code of docs/testing.md, compiled and run.</summary>
public sealed class TestingSamples
{
    // <sample testing-in-memory>
    [Fact]
    public async Task EchoServer_OneRequest_StreamsThree()
    {
        await using var server = ThriftInMemoryServer.Create(server => server.AddService<ITestService, EchoService>());
        await using var channel = server.CreateChannel();
        var client = new TestServiceClient(channel);

        var answers = await client.EchoServerAsync(new() { Message = "x" }).Select(r => r.Message).ToListAsync();

        Assert.Equal(["x-0", "x-1", "x-2"], answers);
    }
    // </sample testing-in-memory>

    // <sample testing-fake>
    [Fact]
    public async Task Report_ThreeAnswers_CountsThem()
    {
        ITestService service = new EchoService();

        Assert.Equal(3, await CountAnswersAsync(service));
    }
    // </sample testing-fake>

    // <sample testing-base>
    [Fact]
    public async Task Report_NoAnswers_CountsNone()
    {
        Assert.Equal(0, await CountAnswersAsync(new SilentEcho()));
    }

    private sealed class SilentEcho : TestServiceBase
    {
        public override IAsyncEnumerable<Response> EchoServerAsync(Request req, CancellationToken cancellationToken = default)
            => AsyncEnumerable.Empty<Response>();
    }
    // </sample testing-base>

    // <sample testing-authorization>
    [Theory]
    [InlineData(null, ThriftStatusCode.Unauthenticated)]
    [InlineData("guest", ThriftStatusCode.PermissionDenied)]
    [InlineData("member", ThriftStatusCode.OK)]
    public async Task EchoUnary_IsForMembers(string? role, ThriftStatusCode expected)
    {
        await using var server = ThriftInMemoryServer.Create(server => server
            .AddService<ITestService, EchoService>(service => service.RequireAuthorization("members"))
            .Services(services =>
            {
                services.AddAuthorizationBuilder().AddPolicy("members", policy => policy.RequireRole("member"));
                services.AddAuthentication("test").AddScheme<AuthenticationSchemeOptions, TestUsers>("test", null);
            }));
        await using var channel = server.CreateChannel();
        var client = new TestServiceClient(channel, new() { Headers = role is null ? null : new() { ["test-role"] = role } });

        Assert.Equal(expected, await StatusOfAsync(() => client.EchoUnaryAsync(new() { Message = "hi" })));
    }

    private static async Task<ThriftStatusCode> StatusOfAsync(Func<Task> call)
    {
        try
        {
            await call();
            return ThriftStatusCode.OK;
        }
        catch (ThriftStatusException error)
        {
            return error.StatusCode;
        }
    }

    /// <summary>Replaces the scheme of production: a header names the role of the caller.</summary>
    internal sealed class TestUsers(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
    {
        protected override Task<AuthenticateResult> HandleAuthenticateAsync()
        {
            if (Request.Headers["test-role"].ToString() is not { Length: > 0 } role)
            {
                return Task.FromResult(AuthenticateResult.NoResult());
            }

            var user = new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, "test"), new Claim(ClaimTypes.Role, role)], Scheme.Name));
            return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(user, Scheme.Name)));
        }
    }
    // </sample testing-authorization>

    [Fact]
    public async Task Time()
    {
        // <sample testing-time>
        var clock = new FakeTimeProvider();
        await using var server = ThriftInMemoryServer.Create(server => server
            .AddService<ITestService, SilentService>()
            .Configure(options => options.TimeProvider = clock));
        await using var channel = server.CreateChannel(new() { TimeProvider = clock });
        var client = new TestServiceClient(channel);

        await using var call = await client.OpenEchoServerAsync(new(), new() { Timeout = TimeSpan.FromMinutes(5) });
        var first = call.FirstAsync().AsTask();
        clock.Advance(TimeSpan.FromMinutes(5));

        await Assert.ThrowsAsync<ThriftTimeoutException>(() => first);
        // </sample testing-time>
    }

    private static async Task<int> CountAnswersAsync(ITestService service) => await service.EchoServerAsync(new()).CountAsync();

    private sealed class SilentService : ITestService
    {
        public IAsyncEnumerable<Response> EchoAsync(IAsyncEnumerable<Request> requests, CancellationToken cancellationToken = default)
            => AsyncEnumerable.Empty<Response>();

        public Task<Response> EchoClientAsync(IAsyncEnumerable<Request> requests, CancellationToken cancellationToken = default)
            => Task.FromResult(new Response());

        public async IAsyncEnumerable<Response> EchoServerAsync(
            Request req,
            [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            yield break;
        }

        public Task<Response> EchoUnaryAsync(Request req, CancellationToken cancellationToken = default) => Task.FromResult(new Response());

        public Task<Response> EchoPingPongAsync(Request req, CancellationToken cancellationToken = default) => Task.FromResult(new Response());
    }
}
