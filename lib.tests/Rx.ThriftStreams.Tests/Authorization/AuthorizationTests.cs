using Demo.Echo;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rx.ThriftStreams.AspNetCore;
using static Rx.ThriftStreams.Tests.Support.Waits;

namespace Rx.ThriftStreams.Tests.Authorization;

/// <summary>Authorization beside the matrix: what carries credentials, where attributes stand, and what is refused at the start.</summary>
public sealed class AuthorizationTests
{
    /// <summary>Kitex's clients have nothing but metainfo for a TTHeader.</summary>
    [Theory]
    [InlineData(true, "member")]
    [InlineData(false, "Unauthenticated")]
    public async Task TTHeader_CredentialsInMetaInfo_CountWhenTheyAreTransient(bool isTransient, string expected)
    {
        await using var server = await StartAsync(server => server.AddService<ITestService>(new SecuredClass()));
        await using var channel = Open(server, ThriftTransport.TTHeader);
        var metaInfo = new ThriftMetaInfo();
        (isTransient ? metaInfo.Transient : metaInfo.Persistent)["X_API_KEY"] = "key of member";

        Assert.Equal(expected, await CallAsync(channel, new() { MetaInfo = metaInfo }));
    }

    [Theory]
    [InlineData(ThriftTransport.Grpc)]
    [InlineData(ThriftTransport.TTHeader)]
    public async Task ThriftServer_ConventionOfABuilder_ProtectsTheService(ThriftTransport transport)
    {
        await using var server = await StartAsync(server => server.AddService<ITestService>(new OpenService(), service => service.RequireAuthorization(SecuredHost.Members)));
        await using var channel = Open(server, transport);

        Assert.Equal("Unauthenticated", await CallAsync(channel, new()));
        Assert.Equal("PermissionDenied", await CallAsync(channel, Key("stranger")));
        Assert.Equal("member", await CallAsync(channel, Key("member")));
    }

    /// <summary>The endpoint for calls over HTTP serves every service: what each requires is evaluated for the call.</summary>
    [Fact]
    public async Task Http_ServiceThatRequiresAuthorization_IsProtectedByItsOwnAttributes()
    {
        await using var host = await SecuredHost.StartAsync(
            Scheme.ApiKey,
            static application =>
            {
                application.MapThriftService<ITestService>(new SecuredClass());
                application.MapThriftHttp("/thrift");
            },
            static listen => listen.Protocols = HttpProtocols.Http1);
        await using var channel = host.Open(ThriftTransport.Http, Caller.Anonymous, "/thrift");

        Assert.Equal("Unauthenticated", await CallAsync(channel, new()));
        Assert.Equal("member", await CallAsync(channel, Key("member")));
    }

    [Fact]
    public async Task Http_ServiceOfAnotherProtocol_IsNotServed()
    {
        await using var host = await SecuredHost.StartAsync(
            Scheme.ApiKey,
            static application =>
            {
                application.MapThriftService<ITestService>(new OpenService()).RequireThriftProtocols(ThriftProtocols.Grpc);
                application.MapThriftHttp("/thrift");
            },
            static listen => listen.Protocols = HttpProtocols.Http1);
        await using var channel = host.Open(ThriftTransport.Http, Caller.Anonymous, "/thrift");

        Assert.Equal("Unimplemented", await CallAsync(channel, new()));
    }

    /// <summary>A method that a base class implements explicitly is one that nobody sees on the class.</summary>
    [Theory]
    [InlineData(ThriftTransport.Grpc)]
    [InlineData(ThriftTransport.TTHeader)]
    [InlineData(ThriftTransport.Framed)]
    public async Task Attribute_OnAnExplicitImplementationOfABaseClass_Protects(ThriftTransport transport)
    {
        await using var server = await StartAsync(server => server.AddService<ITestService, DerivedService>());
        await using var channel = Open(server, transport);

        Assert.Equal("Unauthenticated", await CallAsync(channel, new()));
    }

    [Fact]
    public async Task InMemoryServer_OfAProtectedService_Authorizes()
    {
        await using var server = ThriftInMemoryServer.Create(server =>
        {
            AddKeys(server);
            server.AddService<ITestService>(new SecuredClass());
        });
        await using var channel = server.CreateChannel();

        Assert.Equal("Unauthenticated", await CallAsync(channel, new()));
        Assert.Equal("PermissionDenied", await CallAsync(channel, Key("stranger")));
        Assert.Equal("member", await CallAsync(channel, Key("member")));
    }

    /// <summary>Handlers of policies see the call as a request: its path, its headers and the scope that the handler has.</summary>
    [Theory]
    [InlineData(ThriftTransport.Grpc)]
    [InlineData(ThriftTransport.TTHeader)]
    [InlineData(ThriftTransport.Framed)]
    public async Task Policy_OfTheApplication_SeesTheRequest(ThriftTransport transport)
    {
        var seen = new List<string>();
        await using var server = await StartAsync(server => server
            .AddService<ITestService>(new OpenService(), service => service.RequireAuthorization("probe"))
            .Services(services => services.AddHttpContextAccessor().AddAuthorizationBuilder().AddPolicy("probe", policy => policy.RequireAssertion(context =>
            {
                var http = (HttpContext)context.Resource!;
                var accessor = http.RequestServices.GetRequiredService<IHttpContextAccessor>();
                seen.Add($"{http.Request.Method} {http.Request.Path} {http.Request.Scheme} {http.Connection.RemoteIpAddress} {http.GetEndpoint()!.DisplayName} {ReferenceEquals(accessor.HttpContext, http)}");
                return true;
            }))));
        await using var channel = Open(server, transport);

        Assert.Equal("nobody", await CallAsync(channel, new()));

        Assert.Equal(["POST /echo.TestService/EchoPingPong http 127.0.0.1 Thrift echo.TestService/EchoPingPong True"], seen);
    }

    [Theory]
    [InlineData(ThriftTransport.Grpc)]
    [InlineData(ThriftTransport.TTHeader)]
    [InlineData(ThriftTransport.Framed)]
    public async Task RateLimit_OfAService_HoldsOverEachTransport(ThriftTransport transport)
    {
        var log = new LogCollector();
        await using var server = await StartAsync(server => server
            .Logging(logging => logging.AddProvider(log))
            .AddService<ITestService>(new OpenService(), service => service.RequireRateLimiting("one"))
            .Services(services => services.AddRateLimiter(limits => limits.AddFixedWindowLimiter("one", limit =>
            {
                limit.PermitLimit = 1;
                limit.Window = TimeSpan.FromHours(1);
            }))));
        await using var channel = Open(server, transport);

        Assert.Equal("nobody", await CallAsync(channel, new()));
        Assert.Equal("ResourceExhausted", await CallAsync(channel, new()));

        Assert.Equal([62], log.Entries.Where(static entry => entry.Level >= LogLevel.Information && entry.Id is > 0 and < 100).Select(static entry => entry.Id));
    }

    [Fact]
    public async Task Start_AuthorizationRequiredAndNotRegistered_Fails()
    {
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => ThriftServer.StartAsync(
            "127.0.0.1:0", server => server.AddService<ITestService>(new SecuredClass()), TestContext.Current.CancellationToken));

        Assert.Contains("Call builder.Services.AddAuthorization()", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Start_PolicyThatIsNotRegistered_FailsAndNamesIt(bool ofHealth)
    {
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => ThriftServer.StartAsync(
            "127.0.0.1:0",
            server => server
                .AddService<ITestService>(new OpenService(), service => _ = ofHealth ? service : service.RequireAuthorization("nope"))
                .Map(endpoints => _ = ofHealth ? endpoints.MapThriftHealth().RequireAuthorization("nope") : null)
                .Services(static services => services.AddAuthorization()),
            TestContext.Current.CancellationToken));

        Assert.Contains(
            $"{(ofHealth ? "grpc.health.v1.Health" : "TestService")} requires the authorization policy \"nope\", which is not registered.", error.Message, StringComparison.Ordinal);
    }

    /// <summary>Kestrel's own ports for HTTP/2 do not check the services that they serve.</summary>
    [Fact]
    public async Task Start_PolicyThatIsNotRegisteredAndAPortOfKestrel_Fails()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, static listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddThriftStreams();
        builder.Services.AddAuthorization();
        await using var app = builder.Build();
        app.MapThriftService<ITestService>(new OpenService()).RequireAuthorization("nope");

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => app.StartAsync(TestContext.Current.CancellationToken));

        Assert.Contains("requires the authorization policy \"nope\"", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_PolicyOfAProviderOfTheHost_IsNotAskedFor()
    {
        await using var server = await ThriftServer.StartAsync(
            "127.0.0.1:0",
            static server => server
                .AddService<ITestService>(new OpenService(), static service => service.RequireAuthorization("later"))
                .Services(static services => services.AddAuthorization().AddSingleton<IAuthorizationPolicyProvider, LaterPolicies>()),
            TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData("attribute")]
    [InlineData("one of several")]
    [InlineData("named policy")]
    [InlineData("policy in the metadata")]
    [InlineData("default policy")]
    [InlineData("fallback policy")]
    [InlineData("health")]
    [InlineData("without authentication")]
    public async Task Start_SchemeThatIsNotRegistered_FailsAndNamesIt(string of)
    {
        var policy = new AuthorizationPolicyBuilder("Bearr").RequireAuthenticatedUser().Build();
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => ThriftServer.StartAsync(
            "127.0.0.1:0",
            server => server
                .AddService<ITestService>(new OpenService(), service => _ = of switch
                {
                    "attribute" or "without authentication" => service.RequireAuthorization(new AuthorizeAttribute { AuthenticationSchemes = "Bearr" }),
                    "one of several" => service.RequireAuthorization(new AuthorizeAttribute { Roles = "member", AuthenticationSchemes = $"{nameof(Scheme.ApiKey)}, Bearr" }),
                    "named policy" => service.RequireAuthorization(SecuredHost.Members),
                    "policy in the metadata" => service.RequireAuthorization(policy),
                    "default policy" => service.RequireAuthorization(),
                    _ => service,
                })
                .Map(endpoints => _ = of == "health" ? endpoints.MapThriftHealth().RequireAuthorization(policy) : null)
                .Services(services =>
                {
                    if (of != "without authentication")
                    {
                        services.AddAuthentication(nameof(Scheme.ApiKey)).AddScheme<AuthenticationSchemeOptions, ApiKeyHandler>(nameof(Scheme.ApiKey), null);
                    }

                    var authorization = services.AddAuthorizationBuilder();
                    _ = of switch
                    {
                        "named policy" => authorization.AddPolicy(SecuredHost.Members, policy),
                        "default policy" => authorization.SetDefaultPolicy(policy),
                        "fallback policy" => authorization.SetFallbackPolicy(policy),
                        _ => authorization,
                    };
                }),
            TestContext.Current.CancellationToken));

        Assert.Contains(
            $"{(of == "health" ? "grpc.health.v1.Health" : "TestService")} requires the authentication scheme \"Bearr\", which is not registered. Add it to builder.Services.AddAuthentication(), or correct the name. "
                + $"Registered are: {(of == "without authentication" ? "none" : nameof(Scheme.ApiKey))}.",
            error.Message,
            StringComparison.Ordinal);
    }

    /// <summary>Neither a policy that no endpoint uses nor what the host's own provider may know.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Start_SchemeThatIsNotNeededOrOfAProviderOfTheHost_IsNotAskedFor(bool ofProvider)
    {
        var policy = new AuthorizationPolicyBuilder("later").RequireAuthenticatedUser().Build();
        await using var server = await ThriftServer.StartAsync(
            "127.0.0.1:0",
            server => server
                .AddService<ITestService>(new OpenService(), service => _ = ofProvider
                    ? service.RequireAuthorization(new AuthorizeAttribute { AuthenticationSchemes = "later" })
                    : service.RequireAuthorization(new AuthorizeAttribute { Roles = "member", AuthenticationSchemes = nameof(Scheme.ApiKey) }))
                .Services(services =>
                {
                    services.AddAuthentication(nameof(Scheme.ApiKey)).AddScheme<AuthenticationSchemeOptions, ApiKeyHandler>(nameof(Scheme.ApiKey), null);
                    services.AddAuthorizationBuilder().SetDefaultPolicy(policy).SetFallbackPolicy(policy);
                    if (ofProvider)
                    {
                        services.AddSingleton<IAuthenticationSchemeProvider, LaterSchemes>();
                    }
                }),
            TestContext.Current.CancellationToken);
    }

    /// <summary>Authentication alone would let everybody in.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Start_AuthenticationWithoutAuthorization_Fails(bool limitsRates)
    {
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => ThriftServer.StartAsync(
            "127.0.0.1:0",
            server => server
                .AddService<ITestService>(new SecuredClass(), service => _ = limitsRates ? service.RequireRateLimiting("one") : service)
                .Services(services =>
                {
                    services.AddAuthentication(nameof(Scheme.ApiKey)).AddScheme<AuthenticationSchemeOptions, ApiKeyHandler>(nameof(Scheme.ApiKey), null);
                    services.AddRateLimiter(limits => limits.AddConcurrencyLimiter("one", limit => limit.PermitLimit = 1));
                }),
            TestContext.Current.CancellationToken));

        Assert.Contains("Call builder.Services.AddAuthorization()", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_RateLimitRequiredAndNotRegistered_Fails()
    {
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => ThriftServer.StartAsync(
            "127.0.0.1:0",
            server => server.AddService<ITestService>(new OpenService(), service => service.RequireRateLimiting("none")),
            TestContext.Current.CancellationToken));

        Assert.Contains("AddRateLimiter", error.Message, StringComparison.Ordinal);
    }

    private sealed class LaterPolicies(Microsoft.Extensions.Options.IOptions<AuthorizationOptions> options) : DefaultAuthorizationPolicyProvider(options)
    {
        public override Task<AuthorizationPolicy?> GetPolicyAsync(string policyName) => throw new InvalidOperationException("Asked for " + policyName);
    }

    private sealed class LaterSchemes(Microsoft.Extensions.Options.IOptions<AuthenticationOptions> options) : AuthenticationSchemeProvider(options)
    {
        public override Task<IEnumerable<AuthenticationScheme>> GetAllSchemesAsync() => throw new InvalidOperationException("Asked for all.");
    }

    private static Task<ThriftServer> StartAsync(Action<ThriftServerBuilder> configure) => ThriftServer.StartAsync(
        "127.0.0.1:0",
        server =>
        {
            AddKeys(server);
            configure(server);
        },
        TestContext.Current.CancellationToken);

    private static void AddKeys(ThriftServerBuilder server) => server.Services(services =>
    {
        services.AddAuthentication(nameof(Scheme.ApiKey)).AddScheme<AuthenticationSchemeOptions, ApiKeyHandler>(nameof(Scheme.ApiKey), null);
        services.AddAuthorizationBuilder().AddPolicy(SecuredHost.Members, policy => policy.RequireClaim(Credentials.RoleClaim, "member"));
    });

    private static ThriftCallOptions Key(string role) => new() { Headers = new() { [ApiKeyHandler.Header] = $"key of {role}" } };

    private static ThriftChannel Open(ThriftServer server, ThriftTransport transport)
        => PatientChannel.ForAddress($"ttheader://{server.Endpoint}", new() { PingPongTransport = transport });

    private static async Task<string> CallAsync(ThriftChannel channel, ThriftCallOptions options)
    {
        try
        {
            return (await new TestServiceClient(channel).EchoPingPongAsync(Ask("x"), options, TestContext.Current.CancellationToken).Soon()).Message!;
        }
        catch (ThriftException error)
        {
            return error.StatusCode.ToString();
        }
    }

    private abstract class BaseService : OpenService, ITestService
    {
        [Authorize(Policy = SecuredHost.Members)]
        Task<Response> ITestService.EchoPingPongAsync(Request req, CancellationToken cancellationToken) => base.EchoPingPongAsync(req, cancellationToken);
    }

    private sealed class DerivedService : BaseService;
}
