using System.Runtime.CompilerServices;
using Demo.Echo;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Rx.ThriftStreams.AspNetCore;
using static Rx.ThriftStreams.Tests.Support.Waits;

namespace Rx.ThriftStreams.Tests.Authorization;

/// <summary>Streams whose callers' credentials expire while they run.</summary>
public sealed class ExpiryTests
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);
    private static readonly TimeSpan Grace = TimeSpan.FromMinutes(1);

    private readonly FakeTimeProvider _clock = new(DateTimeOffset.UtcNow);

    public static TheoryData<ThriftTransport> Transports => [ThriftTransport.Grpc, ThriftTransport.TTHeaderStreaming];

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task Stream_CredentialsExpire_EndsAfterTheGraceWithUnauthenticated(ThriftTransport transport)
    {
        var log = new LogCollector();
        await using var host = await StartAsync(Grace, log);
        await using var channel = Open(host, transport);
        await using var talk = await OpenAsync(channel, host, Caller.Member);
        Assert.Equal("said member", await SayAsync(talk, "hello"));

        _clock.Advance(Lifetime);
        Assert.Equal("said member", await SayAsync(talk, "still within the grace"));
        _clock.Advance(Grace + TimeSpan.FromSeconds(2));

        var error = await Assert.ThrowsAsync<ThriftStatusException>(() => ReceiveAsync(talk));
        Assert.Equal(ThriftStatusCode.Unauthenticated, error.StatusCode);
        Assert.Contains("expired at", error.Message, StringComparison.Ordinal);

        // A refusal, as of a call whose credentials had expired before it: not a fault of the handler.
        await Until(() => log.Entries.Any(static entry => entry.Id == 14));
        Assert.DoesNotContain(log.Entries, static entry => entry is { Level: > LogLevel.Information });
        Assert.Contains("expired at", Assert.Single(log.Entries, static entry => entry.Id == 14).Text, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task Stream_CredentialsExpireWithoutTheOption_GoesOn(ThriftTransport transport)
    {
        await using var host = await StartAsync(grace: null);
        await using var channel = Open(host, transport);
        await using var talk = await OpenAsync(channel, host, Caller.Member);
        Assert.Equal("said member", await SayAsync(talk, "hello"));

        _clock.Advance(Lifetime * 2);

        Assert.Equal("said member", await SayAsync(talk, "hello again"));
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task RenewUser_WithATokenFromAMessage_ProlongsTheStream(ThriftTransport transport)
    {
        await using var host = await StartAsync(Grace);
        await using var channel = Open(host, transport);
        await using var talk = await OpenAsync(channel, host, Caller.Member);

        var later = host.Credentials.Token(Caller.Member, DateTime.UtcNow + (3 * Lifetime) - TimeSpan.FromMinutes(1) - Lifetime);
        Assert.Equal("renewed member", await SayAsync(talk, "renew:" + later));
        _clock.Advance(Lifetime + Grace + TimeSpan.FromSeconds(2));
        Assert.Equal("said member", await SayAsync(talk, "the first token has expired"));

        _clock.Advance(Lifetime);
        Assert.Equal(ThriftStatusCode.Unauthenticated, (await Assert.ThrowsAsync<ThriftStatusException>(() => ReceiveAsync(talk))).StatusCode);
    }

    [Theory]
    [InlineData(ThriftTransport.Grpc, Caller.Wrong, ThriftStatusCode.Unauthenticated)]
    [InlineData(ThriftTransport.Grpc, Caller.Stranger, ThriftStatusCode.PermissionDenied)]
    [InlineData(ThriftTransport.TTHeaderStreaming, Caller.Wrong, ThriftStatusCode.Unauthenticated)]
    [InlineData(ThriftTransport.TTHeaderStreaming, Caller.Stranger, ThriftStatusCode.PermissionDenied)]
    public async Task RenewUser_WithATokenThatDoesNotPermitTheCall_Fails(ThriftTransport transport, Caller caller, ThriftStatusCode expected)
    {
        await using var host = await StartAsync(Grace);
        await using var channel = Open(host, transport);
        await using var talk = await OpenAsync(channel, host, Caller.Member);

        var error = await Assert.ThrowsAsync<ThriftStatusException>(() => SayAsync(talk, "renew:" + host.Credentials.Token(caller, DateTime.UtcNow + Lifetime)));

        Assert.Equal(expected, error.StatusCode);
    }

    [Fact]
    public async Task RenewUser_WithoutAuthentication_Fails()
    {
        await using var server = ThriftInMemoryServer.Create(server => server.AddService<ITestService>(new TalkService()).Configure(options => options.RevealErrors = true));
        await using var channel = server.CreateChannel();
        await using var talk = new Talk(await new TestServiceClient(channel).OpenEchoAsync());

        var error = await Assert.ThrowsAsync<ThriftStatusException>(() => SayAsync(talk, "renew:token"));

        Assert.Contains("the host has no authentication", error.Message, StringComparison.Ordinal);
    }

    private Task<SecuredHost> StartAsync(TimeSpan? grace, LogCollector? log = null) => SecuredHost.StartAsync(
        Scheme.JwtBearer,
        application => application.MapThriftService<ITestService>(new TalkService()).RequireAuthorization(SecuredHost.Members),
        configure: services => services.AddLogging(logging => _ = log is null ? logging : logging.AddProvider(log)).Configure<ThriftServerOptions>(options =>
        {
            options.TimeProvider = _clock;
            options.Limits.ExpiredCredentialsGrace = grace ?? Timeout.InfiniteTimeSpan;
        }));

    private static ThriftChannel Open(SecuredHost host, ThriftTransport transport) => host.Open(transport, Caller.Anonymous);

    private static async Task<Talk> OpenAsync(ThriftChannel channel, SecuredHost host, Caller caller)
    {
        var headers = new ThriftMetadata { ["authorization"] = "Bearer " + host.Credentials.Token(caller, DateTime.UtcNow + Lifetime) };
        return new(await new TestServiceClient(channel).OpenEchoAsync(new() { Headers = headers }, TestContext.Current.CancellationToken));
    }

    private static async Task<string> SayAsync(Talk talk, string text)
    {
        await talk.Call.SendAsync(Ask(text), TestContext.Current.CancellationToken).Soon();
        return await ReceiveAsync(talk);
    }

    private static async Task<string> ReceiveAsync(Talk talk)
    {
        Assert.True(await talk.Responses.MoveNextAsync().Soon());
        return talk.Responses.Current.Message!;
    }

    private sealed class Talk(ThriftDuplexStreamingCall<Request, Response> call) : IAsyncDisposable
    {
        public ThriftDuplexStreamingCall<Request, Response> Call => call;

        public IAsyncEnumerator<Response> Responses { get; } = call.GetAsyncEnumerator(TestContext.Current.CancellationToken);

        public ValueTask DisposeAsync() => call.DisposeAsync();
    }

    /// <summary>Answers each message with the role of its caller; a message that begins with <c>renew:</c> has a new token.</summary>
    private sealed class TalkService : OpenService, ITestService
    {
        async IAsyncEnumerable<Response> ITestService.EchoAsync(IAsyncEnumerable<Request> requests, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            var context = ThriftServerContext.Current!;
            await foreach (var request in requests.WithCancellation(cancellationToken))
            {
                var renews = request.Message!.StartsWith("renew:", StringComparison.Ordinal);
                if (renews)
                {
                    await context.RenewUserAsync("Bearer " + request.Message["renew:".Length..], cancellationToken);
                }

                yield return Answer($"{(renews ? "renewed" : "said")} {context.User.FindFirst(Credentials.RoleClaim)?.Value}");
            }
        }
    }
}
