using Demo.Echo;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Rx.ThriftStreams.AspNetCore;

namespace Rx.ThriftStreams.Tests.Clients;

/// <summary>What is checked when a client that sends bearer tokens is added, and that it sends them.</summary>
public sealed class BearerTokenRegistrationTests
{
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("grpc")]
    [InlineData("ttheader")]
    public async Task AddBearerToken_SendsTheTokenOfEachCall(string scheme)
    {
        var seen = new List<string?>();
        await using var server = await ThriftServer.StartAsync("127.0.0.1:0", server => server.AddService<ITestService>(new ScriptedService
        {
            EchoUnary = (request, _) =>
            {
                seen.Add(ThriftServerContext.Current!.RequestHeaders["authorization"]);
                return Task.FromResult(new Response { Message = request.Message });
            },
        }), Token);
        var tokens = new Queue<string>(["first", "second"]);
        var services = new ServiceCollection();
        services.AddSingleton(tokens);
        services.AddThriftClient<ITestService>(options => options.Address = $"{scheme}://{server.Address}")
            .AddBearerToken(static (services, _) => new(services.GetRequiredService<Queue<string>>().Dequeue()), allowCleartext: true);
        await using var provider = services.BuildServiceProvider();
        var client = provider.GetRequiredService<ITestService>();

        await client.EchoUnaryAsync(new(), Token);
        await client.EchoUnaryAsync(new(), Token);

        Assert.Equal(["Bearer first", "Bearer second"], seen);
        Assert.IsType<InvalidOperationException>((await Assert.ThrowsAsync<ThriftAccessTokenException>(() => client.EchoUnaryAsync(new(), Token))).InnerException);
        Assert.Equal(2, seen.Count);
    }

    [Theory]
    [InlineData("grpc://localhost:1", false, false)]
    [InlineData("grpc://localhost:1", true, false)]
    [InlineData("ttheader+dns://localhost:1", false, false)]
    [InlineData("grpcs://localhost:1", false, true)]
    [InlineData("ttheaders+dns://localhost:1", true, true)]
    public async Task AddBearerToken_AddressWithoutTls_IsAnErrorAtStart(string address, bool isKept, bool starts)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        var client = builder.Services.AddThriftClient<ITestService>("echo", options => options.Address = address);
        _ = isKept
            ? client.AddBearerToken(static (_, _) => ValueTask.FromResult(new ThriftAccessToken("secret", DateTimeOffset.MaxValue)))
            : client.AddBearerToken(static (_, _) => ValueTask.FromResult("secret"));
        using var host = builder.Build();

        var error = await Record.ExceptionAsync(() => host.StartAsync(Token));

        Assert.Equal(starts, error is null);
        if (!starts)
        {
            Assert.StartsWith("The Thrift client \"echo\" sends a bearer token, and its address does not use TLS.", Assert.IsType<OptionsValidationException>(error).Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AddBearerToken_SourceThatIsNotRegistered_IsAnErrorAtStart(bool isRegistered)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        if (isRegistered)
        {
            builder.Services.AddSingleton<TokenSource>();
        }

        builder.Services.AddThriftClient<ITestService>("echo", static options => options.Address = "grpcs://localhost:1").AddBearerToken<TokenSource>(static (source, _) => new(source.Next()));
        using var host = builder.Build();

        var error = await Record.ExceptionAsync(() => host.StartAsync(Token));

        Assert.Equal(isRegistered, error is null);
        if (!isRegistered)
        {
            Assert.Equal(
                $"The Thrift client \"echo\" gets its bearer token from {typeof(TokenSource).FullName}, which is not registered. Add it to the services, for example with AddSingleton.",
                Assert.IsType<OptionsValidationException>(error).Message);
        }
    }

    [Fact]
    public async Task AddBearerToken_SourceWithTheLifeOfARequest_IsAnErrorAtStart()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new() { EnvironmentName = Environments.Development });
        builder.Services.AddScoped<TokenSource>();
        builder.Services.AddThriftClient<ITestService>("echo", static options => options.Address = "grpcs://localhost:1").AddBearerToken<TokenSource>(static (source, _) => new(source.Next()));
        builder.ConfigureContainer(new DefaultServiceProviderFactory(new() { ValidateScopes = true }));
        using var host = builder.Build();

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => host.StartAsync(Token));

        Assert.Contains(nameof(TokenSource), error.Message, StringComparison.Ordinal);
    }

    /// <summary>The token is kept, and the source is one instance also where the container would create another each time.</summary>
    [Fact]
    public async Task AddBearerToken_OfASource_KeepsTheToken()
    {
        var seen = new List<string?>();
        await using var server = await ThriftServer.StartAsync("127.0.0.1:0", server => server.AddService<ITestService>(new ScriptedService
        {
            EchoUnary = (request, _) =>
            {
                seen.Add(ThriftServerContext.Current!.RequestHeaders["authorization"]);
                return request.Message == "refuse"
                    ? throw new ThriftStatusException(ThriftStatusCode.Unauthenticated, "No.")
                    : Task.FromResult(new Response { Message = request.Message });
            },
        }), Token);
        var services = new ServiceCollection();
        services.AddTransient<TokenSource>();
        services.AddThriftClient<ITestService>(options => options.Address = $"grpc://{server.Address}")
            .AddBearerToken<TokenSource>(static (source, _) => new(source.Next()), allowCleartext: true);
        await using var provider = services.BuildServiceProvider();
        var client = provider.GetRequiredService<ITestService>();

        await client.EchoUnaryAsync(new(), Token);
        await Assert.ThrowsAsync<ThriftStatusException>(() => client.EchoUnaryAsync(new() { Message = "refuse" }, Token));
        await client.EchoUnaryAsync(new(), Token);

        Assert.Equal(["Bearer token 1", "Bearer token 1", "Bearer token 2"], seen);
    }

    private sealed class TokenSource
    {
        private int _count;

        internal ThriftAccessToken Next() => new($"token {++_count}", DateTimeOffset.MaxValue);
    }
}
