using System.Collections.Concurrent;
using Demo.Echo;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using static Rx.ThriftStreams.Tests.Support.Waits;

namespace Rx.ThriftStreams.Tests.Authorization;

/// <summary>Where those who run a server, and those who call it, find out why credentials were refused.</summary>
public sealed class RefusalReasonTests
{
    private const string Unauthenticated = "The caller of echo.TestService/EchoPingPong is not authenticated: the call has no valid credentials.";

    private readonly Entries _log = new();

    [Fact]
    public async Task ExpiredToken_OverGrpc_IsExplainedToTheCallerAndInTheLogOfTheScheme()
    {
        await using var host = await StartAsync(Scheme.JwtBearer);

        var error = await CallAsync(host, ThriftTransport.Grpc, new() { ["authorization"] = Expired(host) });

        Assert.Equal(ThriftStatusCode.Unauthenticated, error.StatusCode);
        Assert.Contains(
            "(HTTP status code 401, no content-type, WWW-Authenticate: Bearer error=\"invalid_token\", error_description=\"The token expired at ", error.Message, StringComparison.Ordinal);
        Assert.Contains(_log.All, static entry => entry.Level == LogLevel.Information
            && entry.Category.StartsWith("Microsoft.AspNetCore.Authentication", StringComparison.Ordinal)
            && entry.Text.Contains("IDX10223", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(ThriftTransport.TTHeader)]
    [InlineData(ThriftTransport.TTHeaderStreaming)]
    public async Task ExpiredToken_OverOtherTransports_HasItsReasonOnTheServerOnly(ThriftTransport transport)
    {
        await using var host = await StartAsync(Scheme.JwtBearer);

        var error = await CallAsync(host, transport, new() { ["authorization"] = Expired(host) });

        Assert.Equal((ThriftStatusCode.Unauthenticated, Unauthenticated), (error.StatusCode, error.Message.Replace("EchoUnary", "EchoPingPong", StringComparison.Ordinal)));
        Assert.DoesNotContain("IDX10223", error.Kitex!.Text, StringComparison.Ordinal);
        Assert.Contains("IDX10223", (await RefusalAsync()).InnerException?.Message, StringComparison.Ordinal);
        Assert.Contains(_log.All, static entry => entry.Level == LogLevel.Information
            && entry.Category.StartsWith("Microsoft.AspNetCore.Authentication", StringComparison.Ordinal)
            && entry.Text.Contains("IDX10223", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task UnknownKey_OfTheSchemeOfAPolicy_HasTheReasonOfThatScheme(bool ofPolicy)
    {
        await using var host = await StartAsync(
            Scheme.ApiKey,
            services =>
            {
                if (ofPolicy)
                {
                    services.AddAuthentication("other").AddScheme<AuthenticationSchemeOptions, ApiKeyHandler>("other", null);
                }
            },
            ofPolicy ? new AuthorizeAttribute { AuthenticationSchemes = nameof(Scheme.ApiKey) } : new AuthorizeAttribute());

        var error = await CallAsync(host, ThriftTransport.TTHeader, new() { [ApiKeyHandler.Header] = "no such key" });

        Assert.Equal(Unauthenticated, error.Message);
        Assert.Equal("The API key is unknown.", (await RefusalAsync()).InnerException?.Message);
    }

    [Fact]
    public async Task NoCredentials_HaveNoReason()
    {
        await using var host = await StartAsync(Scheme.ApiKey);

        Assert.Equal(ThriftStatusCode.Unauthenticated, (await CallAsync(host, ThriftTransport.TTHeader, [])).StatusCode);

        Assert.Null((await RefusalAsync()).InnerException);
    }

    /// <summary>ASP.NET Core says which requirements were not met.</summary>
    [Fact]
    public async Task UnmetRequirement_IsInTheLogOfAuthorization()
    {
        await using var host = await StartAsync(Scheme.ApiKey);

        var error = await CallAsync(host, ThriftTransport.TTHeader, new() { [ApiKeyHandler.Header] = "key of stranger" });

        Assert.Equal((ThriftStatusCode.PermissionDenied, "The caller may not call echo.TestService/EchoPingPong."), (error.StatusCode, error.Message));
        Assert.Contains(_log.All, static entry => entry.Level == LogLevel.Information
            && entry.Category.StartsWith("Microsoft.AspNetCore.Authorization", StringComparison.Ordinal)
            && entry.Text.Contains("Claim.Type=role", StringComparison.Ordinal));
    }

    private static string Expired(SecuredHost host) => "Bearer " + host.Credentials.Token(Caller.Member, DateTime.UtcNow.AddHours(-1));

    private static async Task<ThriftException> CallAsync(SecuredHost host, ThriftTransport transport, ThriftMetadata headers)
    {
        await using var channel = host.Open(transport, Caller.Anonymous);
        var client = new TestServiceClient(channel);
        var options = new ThriftCallOptions { Headers = headers };
        return await Assert.ThrowsAnyAsync<ThriftException>(() => transport == ThriftTransport.TTHeaderStreaming
            ? client.EchoUnaryAsync(Ask("x"), options, TestContext.Current.CancellationToken).Soon()
            : client.EchoPingPongAsync(Ask("x"), options, TestContext.Current.CancellationToken).Soon());
    }

    private Task<SecuredHost> StartAsync(Scheme scheme, Action<IServiceCollection>? configure = null, AuthorizeAttribute? authorize = null) => SecuredHost.StartAsync(
        scheme,
        application => application.MapThriftService<ITestService>(new OpenService()).RequireAuthorization(authorize ?? new AuthorizeAttribute(SecuredHost.Members)),
        configure: services =>
        {
            services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Debug).AddProvider(_log));
            configure?.Invoke(services);
        });

    /// <summary>The error of the refused call, as the server logs it at its end.</summary>
    private async Task<Exception> RefusalAsync()
    {
        await Until(() => _log.All.Any(static entry => entry.Id == 25));
        return Assert.Single(_log.All, static entry => entry.Id == 25).Error!;
    }

    /// <summary>Keeps all entries.</summary>
    private sealed class Entries : ILoggerProvider
    {
        internal ConcurrentQueue<(string Category, LogLevel Level, int Id, string Text, Exception? Error)> All { get; } = new();

        public ILogger CreateLogger(string categoryName) => new Category(this, categoryName);

        public void Dispose()
        {
        }

        private sealed class Category(Entries entries, string name) : ILogger
        {
            public IDisposable? BeginScope<TState>(TState state)
                where TState : notnull => null;

            public bool IsEnabled(LogLevel logLevel) => true;

            public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
                => entries.All.Enqueue((name, logLevel, eventId.Id, $"{formatter(state, exception)} {exception?.Message}", exception));
        }
    }
}
