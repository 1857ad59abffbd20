using Demo.Echo;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Rx.ThriftStreams.AspNetCore;

namespace Rx.ThriftStreams.Tests.Diagnostics;

/// <summary>What a server that nobody observes logs of calls that fail. In memory, because that server logs like any other.</summary>
public sealed class FailureLogTests
{
    private readonly FakeTimeProvider _clock = new();
    private readonly LogCollector _log = new();
    private readonly HoldingService _service = new();

    [Fact]
    public async Task Status_ThrownByAHandler_IsLoggedAtInformation()
    {
        await using var server = Start();
        await using var channel = server.CreateChannel();

        await FailAsync(channel, new ThriftStatusException(ThriftStatusCode.NotFound, "no\nsuch thing"));

        var entry = Assert.Single(_log.Entries);
        Assert.Equal((LogLevel.Information, 14), (entry.Level, entry.Id));
        Assert.Contains("echo.TestService/EchoUnary from in-memory failed with NotFound: no\\u000Asuch thing", entry.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task BusinessError_ThrownByAHandler_IsNotLogged()
    {
        await using var server = Start();
        await using var channel = server.CreateChannel();

        await FailAsync(channel, new ThriftBizStatusException(7, "sold out"));

        Assert.Empty(_log.Entries);
    }

    [Fact]
    public async Task Fault_OfAHandlerInMemory_IsLogged()
    {
        await using var server = Start();
        await using var channel = server.CreateChannel();

        await FailAsync(channel, new FormatException("a bug"));

        Assert.Equal((LogLevel.Error, 10), Assert.Single(_log.Entries) is var entry ? (entry.Level, entry.Id) : default);
    }

    [Fact]
    public async Task Statuses_MoreThanTheLimit_AreCounted()
    {
        await using var server = Start();
        await using var channel = server.CreateChannel();
        for (var i = 0; i < 25; i++)
        {
            await FailAsync(channel, new ThriftStatusException(ThriftStatusCode.NotFound, "none"));
        }

        Assert.Equal(20, _log.Entries.Count);
        _clock.Advance(TimeSpan.FromMinutes(1));
        await FailAsync(channel, new ThriftStatusException(ThriftStatusCode.NotFound, "none"));

        var counted = Assert.Single(_log.Entries, e => e.Id == 13);
        Assert.Equal(LogLevel.Information, counted.Level);
        Assert.StartsWith("5 more", counted.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FailedCalls_OfAChannel_AreLoggedUpToTheLimitAndCounted()
    {
        await using var server = ThriftInMemoryServer.Create(setup => setup.AddService<ITestService>(_service));
        using var factory = LoggerFactory.Create(logging => logging.AddProvider(_log));
        await using var channel = server.CreateChannel(new() { TimeProvider = _clock, LoggerFactory = factory });
        for (var i = 0; i < 200; i++)
        {
            await FailAsync(channel, new ThriftStatusException(ThriftStatusCode.NotFound, "no\nsuch thing"));
        }

        Assert.Equal(20, _log.Entries.Count);
        Assert.All(_log.Entries, static entry => Assert.Equal((LogLevel.Information, 26), (entry.Level, entry.Id)));
        Assert.Contains("A call of echo.TestService/EchoUnary to in-memory failed with NotFound (attempt 1): no\\u000Asuch thing", _log.Entries[0].Text, StringComparison.Ordinal);
        _clock.Advance(TimeSpan.FromMinutes(1));
        await FailAsync(channel, new ThriftStatusException(ThriftStatusCode.NotFound, "none"));
        Assert.StartsWith("180 more", Assert.Single(_log.Entries, e => e.Id == 13).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Attempts_OfACall_AreLoggedWithTheirNumbers()
    {
        await using var server = ThriftInMemoryServer.Create(setup => setup.AddService<ITestService>(_service));
        using var factory = LoggerFactory.Create(logging => logging.AddProvider(_log));
        await using var channel = server.CreateChannel(new()
        {
            LoggerFactory = factory,
            Defaults = new() { IsIdempotent = true },
            Resilience = { Retry = new() { MaxRetries = 2, Delay = TimeSpan.Zero } },
        });

        await FailAsync(channel, new ThriftStatusException(ThriftStatusCode.Unavailable, "not now"));

        Assert.Equal(["attempt 1", "attempt 2", "attempt 3"], _log.Entries.Select(static entry => entry.Text.Split('(', ')')[1]));
    }

    [Fact]
    public async Task Results_AndCallsThatTheUserEnds_AreNotLoggedByAChannel()
    {
        await using var server = ThriftInMemoryServer.Create(setup => setup.AddService<ITestService>(_service));
        using var factory = LoggerFactory.Create(logging => logging.AddProvider(_log));
        await using var channel = server.CreateChannel(new() { TimeProvider = _clock, LoggerFactory = factory });
        var client = new TestServiceClient(channel);

        await FailAsync(channel, new ThriftBizStatusException(7, "sold out"));
        await client.EchoServerAsync(new() { Message = "endless" }, TestContext.Current.CancellationToken).Take(2).CountAsync(TestContext.Current.CancellationToken);
        using var cancellation = new CancellationTokenSource();
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.EchoUnaryAsync(new(), cancellation.Token));

        Assert.Empty(_log.Entries);
    }

    [Fact]
    public async Task Failures_ThatOnlyTheChannelOfAServerInMemorySees_AreLogged()
    {
        var server = Start();
        await using var channel = server.CreateChannel();
        await Assert.ThrowsAnyAsync<ThriftException>(() => new UnknownMethodClient(channel, "TestService", "Nothing").CallAsync(TestContext.Current.CancellationToken));
        await server.DisposeAsync();
        await Assert.ThrowsAnyAsync<ThriftException>(() => new TestServiceClient(channel).EchoUnaryAsync(new(), TestContext.Current.CancellationToken));

        Assert.Equal([26, 26], _log.Entries.Select(static entry => entry.Id));
    }

    private ThriftInMemoryServer Start() => ThriftInMemoryServer.Create(setup => setup
        .AddService<ITestService>(_service)
        .Configure(options => options.TimeProvider = _clock)
        .Logging(logging => logging.AddProvider(_log)));

    private async Task FailAsync(ThriftChannel channel, Exception error)
    {
        _service.Unary = _ => throw error;
        await Assert.ThrowsAnyAsync<ThriftException>(() => new TestServiceClient(channel).EchoUnaryAsync(new(), TestContext.Current.CancellationToken));
    }
}
