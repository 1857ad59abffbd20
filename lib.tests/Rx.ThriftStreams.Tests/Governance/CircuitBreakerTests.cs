using Demo.Echo;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Rx.ThriftStreams.Tests.Governance;

public sealed class CircuitBreakerTests : IAsyncDisposable
{
    private readonly FakeTimeProvider _clock = new();
    private readonly ConnectTransport _transport = new();

    public ValueTask DisposeAsync() => _transport.DisposeAsync();

    [Fact]
    public async Task Create_FailuresReachTheRatio_OpensAndLeavesTheNetworkAlone()
    {
        await using var channel = Open(minimumThroughput: 4);
        _transport.OnConnect = ConnectTransport.Refuse;
        for (var i = 0; i < 4; i++)
        {
            await Assert.ThrowsAsync<ThriftConnectException>(() => CallAsync(channel));
        }

        var open = await Assert.ThrowsAsync<ThriftCircuitOpenException>(() => CallAsync(channel));

        Assert.Equal(4, _transport.Attempts);
        Assert.Equal((ThriftCircuitScope.Service, "echo.TestService/EchoServer"), (open.Scope, open.Key));
        Assert.Equal(TimeSpan.FromSeconds(5), open.RetryAfter);
        Assert.Contains("Try again in 5 s.", open.Message, StringComparison.Ordinal);
        Assert.Equal(ThriftStatusCode.Unavailable, open.StatusCode);
    }

    [Fact]
    public async Task Create_FewerThanTheMinimum_NeverOpens()
    {
        await using var channel = Open(minimumThroughput: 10);
        _transport.OnConnect = ConnectTransport.Refuse;

        for (var i = 0; i < 9; i++)
        {
            await Assert.ThrowsAsync<ThriftConnectException>(() => CallAsync(channel));
        }

        Assert.Equal(9, _transport.Attempts);
    }

    [Fact]
    public async Task Create_FailuresBelowTheRatio_StaysClosed()
    {
        await using var channel = Open(minimumThroughput: 4);
        for (var i = 0; i < 20; i++)
        {
            _transport.OnConnect = i % 3 == 2 ? ConnectTransport.Refuse : static _ => Task.CompletedTask;
            await CallAsync(channel).ContinueWith(static task => _ = task.Exception, TaskScheduler.Default);
        }

        Assert.Equal(20, _transport.Attempts);
    }

    [Fact]
    public async Task Create_BreakIsOverAndTheProbeSucceeds_Closes()
    {
        await using var channel = Open(minimumThroughput: 2);
        await OpenBreakerAsync(channel);
        _clock.Advance(TimeSpan.FromSeconds(5));
        _transport.OnConnect = static _ => Task.CompletedTask;

        await CallAsync(channel);
        await CallAsync(channel);

        Assert.Equal(4, _transport.Attempts);
    }

    [Fact]
    public async Task Create_BreakIsOverAndTheProbeFails_OpensAgain()
    {
        await using var channel = Open(minimumThroughput: 2);
        await OpenBreakerAsync(channel);
        _clock.Advance(TimeSpan.FromSeconds(5));

        await Assert.ThrowsAsync<ThriftConnectException>(() => CallAsync(channel));
        await Assert.ThrowsAsync<ThriftCircuitOpenException>(() => CallAsync(channel));

        Assert.Equal(3, _transport.Attempts);
    }

    [Fact]
    public async Task Outage_IsLoggedAsOneOpeningAndOneClosing()
    {
        var log = new LogCollector();
        using var factory = LoggerFactory.Create(logging => logging.AddProvider(log));
        await using var channel = Open(minimumThroughput: 2, factory);
        await OpenBreakerAsync(channel);
        _clock.Advance(TimeSpan.FromSeconds(5));
        await Assert.ThrowsAsync<ThriftConnectException>(() => CallAsync(channel));
        _clock.Advance(TimeSpan.FromSeconds(5));
        _transport.OnConnect = static _ => Task.CompletedTask;
        await CallAsync(channel);

        // The breaker of the endpoint does the same.
        Assert.Equal(4, log.Entries.Count(static entry => entry.Id is 87 or 88));
        var entries = log.Entries.Where(static entry => entry.Id is 87 or 88 && entry.Text.Contains("breaker of method", StringComparison.Ordinal)).ToList();
        Assert.Equal([(LogLevel.Warning, 87), (LogLevel.Warning, 88)], entries.Select(static entry => (entry.Level, entry.Id)));
        Assert.Contains("The circuit breaker of method echo.TestService/EchoServer has opened: too many attempts failed. Its calls are refused, and a probe follows in 5 s. The last failure: Cannot connect to ", entries[0].Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Create_WhileTheProbeRuns_OthersAreTurnedAway()
    {
        await using var channel = Open(minimumThroughput: 2);
        await OpenBreakerAsync(channel);
        _clock.Advance(TimeSpan.FromSeconds(5));
        var probe = new TaskCompletionSource();
        _transport.OnConnect = _ => probe.Task;

        var first = CallAsync(channel);
        await Assert.ThrowsAsync<ThriftCircuitOpenException>(() => CallAsync(channel));
        probe.SetResult();
        await first;

        Assert.Equal(3, _transport.Attempts);
    }

    [Fact]
    public async Task Create_OneMethodsBreakerIsOpen_AnotherMethodMeetsTheEndpointsBreaker()
    {
        await using var channel = Open(minimumThroughput: 2);
        await OpenBreakerAsync(channel);

        var error = await Assert.ThrowsAsync<ThriftCircuitOpenException>(
            () => new TestServiceClient(channel).EchoUnaryAsync(new(), TestContext.Current.CancellationToken));

        Assert.Equal(ThriftCircuitScope.Endpoint, error.Scope);
        Assert.Equal(2, _transport.Attempts);
    }

    [Fact]
    public async Task Create_CancelledByTheUser_CountsForNothing()
    {
        await using var channel = Open(minimumThroughput: 2);
        for (var i = 0; i < 5; i++)
        {
            using var cancellation = new CancellationTokenSource();
            _transport.OnConnect = token =>
            {
                cancellation.Cancel();
                return Task.Delay(Timeout.Infinite, token);
            };
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => CallAsync(channel, cancellation.Token));
        }

        Assert.Equal(5, _transport.Attempts);
    }

    [Fact]
    public async Task Create_NoConnectionWithinTheTimeout_SaysSoAndCounts()
    {
        await using var channel = Open(minimumThroughput: 2);
        var limit = new ThriftChannelOptions().Resilience.ConnectTimeout;
        _transport.OnConnect = static token => Task.Delay(Timeout.Infinite, token);
        for (var i = 0; i < 2; i++)
        {
            var call = CallAsync(channel);
            _clock.Advance(limit);
            var error = await Assert.ThrowsAsync<ThriftTimeoutException>(() => call.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
            Assert.Equal((ThriftTimeoutKind.Connect, limit), (error.Kind, error.Configured));
        }

        await Assert.ThrowsAsync<ThriftCircuitOpenException>(() => CallAsync(channel));
    }

    [Fact]
    public async Task Create_WithoutBreaker_TriesEachTime()
    {
        await using var channel = ThriftChannel.ForTransport(_transport, "test", new ThriftChannelOptions { Resilience = { CircuitBreaker = null }, TimeProvider = _clock });
        _transport.OnConnect = ConnectTransport.Refuse;

        for (var i = 0; i < 300; i++)
        {
            await Assert.ThrowsAsync<ThriftConnectException>(() => CallAsync(channel));
        }

        Assert.Equal(300, _transport.Attempts);
    }

    [Fact]
    public void Defaults_AreThoseOfKitex()
    {
        var options = new ThriftChannelOptions().Resilience.CircuitBreaker!;

        Assert.Equal(
            (0.5, 200, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(5)),
            (options.FailureRatio, options.MinimumThroughput, options.SamplingDuration, options.BreakDuration));
    }

    private static async Task CallAsync(ThriftChannel channel, CancellationToken cancellationToken = default)
        => Assert.Empty(await new TestServiceClient(channel).EchoServerAsync(new(), cancellationToken).ToListAsync(CancellationToken.None));

    private async Task OpenBreakerAsync(ThriftChannel channel)
    {
        _transport.OnConnect = ConnectTransport.Refuse;
        await Assert.ThrowsAsync<ThriftConnectException>(() => CallAsync(channel));
        await Assert.ThrowsAsync<ThriftConnectException>(() => CallAsync(channel));
        await Assert.ThrowsAsync<ThriftCircuitOpenException>(() => CallAsync(channel));
    }

    private ThriftChannel Open(int minimumThroughput, ILoggerFactory? log = null) => ThriftChannel.ForTransport(_transport, "test", new ThriftChannelOptions
    {
        Resilience = { CircuitBreaker = new ThriftCircuitBreakerOptions { MinimumThroughput = minimumThroughput } },
        TimeProvider = _clock,
        LoggerFactory = log ?? NullLoggerFactory.Instance,
    });
}
