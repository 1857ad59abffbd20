using Demo.Echo;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.AspNetCore.Dispatch;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Diagnostics;

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
    public async Task Faults_MoreThanTheLimit_AreCounted()
    {
        await using var server = Start();
        await using var channel = server.CreateChannel();
        for (var i = 0; i < 25; i++)
        {
            await FailAsync(channel, new FormatException("a bug"));
        }

        Assert.Equal(20, _log.Entries.Count(static entry => entry.Id == 10));
        _clock.Advance(TimeSpan.FromMinutes(1));

        var counted = Assert.Single(_log.Entries, static entry => entry.Id == 13);
        Assert.Equal((LogLevel.Error, "Entries with the id 10 that were not logged within a minute: 5."), (counted.Level, counted.Text));
    }

    [Theory]
    [InlineData("connect")]
    [InlineData("breaker")]
    [InlineData("time")]
    public async Task Outage_OfAServerThatAHandlerCalls_IsAWarningWithoutItsStackAndNoFault(string what)
    {
        await using var server = Start();
        await using var channel = server.CreateChannel();

        await FailAsync(channel, what switch
        {
            "connect" => new ThriftConnectException("10.0.0.1:8888", new IOException("refused")),
            "breaker" => new ThriftCircuitOpenException(ThriftCircuitScope.Endpoint, "10.0.0.1:8888", TimeSpan.FromSeconds(5)),
            _ => new ThriftTimeoutException(ThriftTimeoutKind.Receive, TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(4)),
        });

        var entry = Assert.Single(_log.Entries);
        Assert.Equal((LogLevel.Warning, 85), (entry.Level, entry.Id));
        Assert.Contains("Calls of echo.TestService/EchoUnary fail because a call that the handler makes fails with ", entry.Text, StringComparison.Ordinal);
        Assert.Contains("Failed calls: 1, the last one 0 s ago, from in-memory: ", entry.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", entry.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Outage_OfAServerThatHandlersCall_IsOneWarningAMinuteForEachMethodAndStatus()
    {
        await using var server = Start();
        await using var channel = server.CreateChannel();
        for (var i = 0; i < 40; i++)
        {
            await FailAsync(channel, new ThriftConnectException("10.0.0.1:8888", new IOException("refused")));
        }

        await FailAsync(channel, new ThriftTimeoutException(ThriftTimeoutKind.Receive, TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(4)));
        Assert.Equal(2, _log.Entries.Count(static entry => entry.Id == 85));

        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Contains("with Unavailable. Failed calls: 39, the last one 60 s ago, ", _log.Entries.Last(static entry => entry.Id == 85).Text, StringComparison.Ordinal);
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(3, _log.Entries.Count(static entry => entry.Id == 85));
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

        var counted = Assert.Single(_log.Entries, e => e.Id == 13);
        Assert.Equal(LogLevel.Information, counted.Level);
        Assert.Equal("Entries with the id 14 that were not logged within a minute: 5.", counted.Text);
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
        Assert.EndsWith("26 that were not logged within a minute: 180.", Assert.Single(_log.Entries, e => e.Id == 13).Text, StringComparison.Ordinal);
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

        Assert.Equal([89, 26, 26], _log.Entries.Select(static entry => entry.Id));
        Assert.Equal(["attempt 2", "attempt 3"], _log.Entries.Skip(1).Select(static entry => entry.Text.Split('(', ')')[1]));
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

        Assert.Equal([89, 86], _log.Entries.Select(static entry => entry.Id));
    }

    [Fact]
    public async Task Outage_OfAServer_IsAWarningOnceAMinute()
    {
        using var factory = LoggerFactory.Create(logging => logging.AddProvider(_log));
        var endpoint = $"127.0.0.1:{Ports.Free()}";
        await using var channel = ThriftChannel.ForAddress($"ttheader://{endpoint}", new() { TimeProvider = _clock, LoggerFactory = factory, Resilience = { CircuitBreaker = null } });
        var client = new TestServiceClient(channel);
        async Task CallAsync() => await Assert.ThrowsAsync<ThriftConnectException>(() => client.EchoUnaryAsync(new(), TestContext.Current.CancellationToken));

        await CallAsync();
        await CallAsync();
        await CallAsync();
        Assert.Equal([(LogLevel.Warning, 86), (LogLevel.Information, 26), (LogLevel.Information, 26)], _log.Entries.Where(static entry => entry.Id is 26 or 86).Select(static entry => (entry.Level, entry.Id)));
        Assert.Contains($"No server can be reached, or connections are lost. Failed calls: 1, the last one 0 s ago; answered since: 0. echo.TestService/EchoUnary to {endpoint}: ", _log.Entries[0].Text, StringComparison.Ordinal);

        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Contains("Failed calls: 2, the last one 60 s ago; answered since: 0.", Assert.Single(_log.Entries.Skip(1), static entry => entry.Id == 86).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ThriftStatusCode.Internal)]
    [InlineData(ThriftStatusCode.Unavailable)]
    [InlineData(ThriftStatusCode.Unauthenticated)]
    [InlineData(ThriftStatusCode.DeadlineExceeded)]
    [InlineData(ThriftStatusCode.ResourceExhausted)]
    public async Task Status_ThatAServerIsToBlameFor_IsAWarningOnceAMinuteUntilItsEnd(ThriftStatusCode code)
    {
        await using var server = ThriftInMemoryServer.Create(setup => setup.AddService<ITestService>(_service));
        using var factory = LoggerFactory.Create(logging => logging.AddProvider(_log).SetMinimumLevel(LogLevel.Warning));
        await using var channel = server.CreateChannel(new() { TimeProvider = _clock, LoggerFactory = factory });

        await FailAsync(channel, new ThriftStatusException(code, "try\nlater"));
        await FailAsync(channel, new ThriftStatusException(code, "try later"));
        _clock.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal([(LogLevel.Warning, 89), (LogLevel.Warning, 89)], _log.Entries.Select(static entry => (entry.Level, entry.Id)));
        Assert.Equal($"Calls fail with {code}. Failed calls: 1, the last one 0 s ago; answered since: 0. echo.TestService/EchoUnary to in-memory: try\\u000Alater", _log.Entries[0].Text);

        _service.Unary = static request => new() { Message = request.Message };
        await new TestServiceClient(channel).EchoUnaryAsync(new() { Message = "x" }, TestContext.Current.CancellationToken);
        _clock.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal(
            (LogLevel.Warning, 90, $"Calls to memory do not fail with {code} any more. The last one did 120 s ago; answered since: 1. Failed before: 2 within 1 s."),
            _log.Entries.Count == 3 ? (_log.Entries[2].Level, _log.Entries[2].Id, _log.Entries[2].Text) : default);
    }

    /// <summary>The program's own mistakes, which it is told of where it calls.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Failure_ThatNoServerHasAPartIn_IsNoWarning(bool isUnsent)
    {
        var logger = _log.CreateLogger("Rx.ThriftStreams.ThriftChannel");
        using var limits = new EntryLimits(logger, _clock);
        using var log = new FailureLog(logger, _clock, limits, "here");

        log.Report(
            TestServiceDescriptor.EchoUnary,
            "10.0.0.1:8888",
            attempt: 0,
            isUnsent ? ThriftProtocolException.Unsent(new ThriftProtocolException("required field a is not set")) : new ThriftBufferOverflowException(5));

        Assert.Equal((LogLevel.Information, 26), Assert.Single(_log.Entries) is var entry ? (entry.Level, entry.Id) : default);
    }

    [Fact]
    public async Task Stream_ThatRuns_EndsTheOutageWithItsFirstResponse()
    {
        await using var server = ThriftInMemoryServer.Create(setup => setup.AddService<ITestService>(_service));
        using var factory = LoggerFactory.Create(logging => logging.AddProvider(_log));
        await using var channel = server.CreateChannel(new() { TimeProvider = _clock, LoggerFactory = factory });
        await FailAsync(channel, new ThriftStatusException(ThriftStatusCode.Unavailable, "not now"));

        await using var responses = new TestServiceClient(channel)
            .EchoServerAsync(new() { Message = "endless" }, TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Assert.True(await responses.MoveNextAsync());
        _clock.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal([89, 90], _log.Entries.Select(static entry => entry.Id));
    }

    /// <summary>The breaker refuses calls without an attempt: that no server can be reached is only known of the calls before.</summary>
    [Fact]
    public async Task Outage_WithAnOpenBreaker_TellsRefusedCallsFromThoseThatFoundNoServer()
    {
        using var factory = LoggerFactory.Create(logging => logging.AddProvider(_log));
        await using var channel = ThriftChannel.ForAddress($"ttheader://127.0.0.1:{Ports.Free()}", new()
        {
            TimeProvider = _clock,
            LoggerFactory = factory,
            Resilience = { CircuitBreaker = new() { MinimumThroughput = 2, BreakDuration = TimeSpan.FromMinutes(5) } },
        });
        var client = new TestServiceClient(channel);
        for (var i = 0; i < 6; i++)
        {
            await Assert.ThrowsAnyAsync<ThriftException>(() => client.EchoUnaryAsync(new(), TestContext.Current.CancellationToken));
        }

        _clock.Advance(TimeSpan.FromMinutes(1));

        Assert.Contains("Failed calls: 1,", _log.Entries.Last(static entry => entry.Id == 86).Text, StringComparison.Ordinal);
        Assert.DoesNotContain(_log.Entries, static entry => entry.Id == 86 && entry.Text.Contains("circuit breaker", StringComparison.Ordinal));
        Assert.Contains("Failed calls: 3,", _log.Entries.Last(static entry => entry.Id == 89).Text, StringComparison.Ordinal);
        Assert.Contains("The circuit breaker of", _log.Entries.Last(static entry => entry.Id == 89).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Disposal_WithAnOpenBreaker_DoesNotSayThatItHasClosed()
    {
        using var factory = LoggerFactory.Create(logging => logging.AddProvider(_log));
        var channel = ThriftChannel.ForAddress($"ttheader://127.0.0.1:{Ports.Free()}", new() { TimeProvider = _clock, LoggerFactory = factory, Resilience = { CircuitBreaker = new() { MinimumThroughput = 2 } } });
        for (var i = 0; i < 4; i++)
        {
            await Assert.ThrowsAnyAsync<ThriftException>(() => new TestServiceClient(channel).EchoUnaryAsync(new(), TestContext.Current.CancellationToken));
        }

        await channel.DisposeAsync();

        Assert.Contains(_log.Entries, static entry => entry.Id == 87);
        Assert.DoesNotContain(_log.Entries, static entry => entry.Id == 88);
    }

    [Fact]
    public async Task Statuses_OfHandlersThatAreFaultsOfAServer_AreAWarningAMinute()
    {
        await using var server = Start();
        await using var channel = server.CreateChannel();
        for (var i = 0; i < 5; i++)
        {
            await FailAsync(channel, new ThriftStatusException(ThriftStatusCode.Internal, "the price table is corrupt"));
        }

        _clock.Advance(TimeSpan.FromMinutes(1));

        var entries = _log.Entries.Where(static entry => entry.Id == 91).ToList();
        Assert.Equal(
            [
                "Calls of echo.TestService/EchoUnary fail with Internal, which the handler throws. Failed calls: 1, the last one 0 s ago, from in-memory: the price table is corrupt",
                "Calls of echo.TestService/EchoUnary fail with Internal, which the handler throws. Failed calls: 4, the last one 60 s ago, from in-memory: the price table is corrupt",
            ],
            entries.Select(static entry => entry.Text));
        Assert.All(entries, static entry => Assert.Equal(LogLevel.Warning, entry.Level));
        Assert.Equal(4, _log.Entries.Count(static entry => entry.Id == 14));
    }

    /// <summary>Callers choose the names of methods that a fallback handles, and a server behind the numbers of its statuses. Neither may make the log hold more.</summary>
    [Fact]
    public void Statuses_OfHandlers_WithAnyNameAndNumber_AreFewEntries()
    {
        using var log = new HandlerFailureLog(_log.CreateLogger("Rx.ThriftStreams.Server"), _clock);
        for (var i = 0; i < 1000; i++)
        {
            log.TryLog(
                new ThriftMethod<Request, Response>("any", "Service", $"Method{i}\n", ThriftStreamingMode.PingPong) { IsUnknown = true },
                "10.0.0.1:8888",
                new ThriftStatusException((ThriftStatusCode)(1000 + i), "no"),
                isOfCallMade: i % 2 == 0);
        }

        Assert.Equal([85, 91], _log.Entries.Select(static entry => entry.Id).Order());
        Assert.All(_log.Entries, static entry => Assert.DoesNotContain('\n', entry.Text));
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
