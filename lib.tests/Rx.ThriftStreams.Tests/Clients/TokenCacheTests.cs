using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Rx.ThriftStreams.Hosting;

namespace Rx.ThriftStreams.Tests.Clients;

/// <summary>The token of a client under concurrency: who waits for a request, and what a cancellation, a failure and a refusal change.</summary>
public sealed class TokenCacheTests
{
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;

    private readonly FakeTimeProvider _clock = new();
    private readonly LogCollector _log = new();
    private readonly System.Threading.Channels.Channel<TaskCompletionSource<ThriftAccessToken>> _requests = System.Threading.Channels.Channel.CreateUnbounded<TaskCompletionSource<ThriftAccessToken>>();
    private readonly TokenCache _cache;
    private int _count;

    public TokenCacheTests() => _cache = new("echo", RequestAsync, new() { TimeProvider = _clock, LoggerFactory = new LoggerFactory([_log]) });

    [Fact]
    public async Task Get_ManyAtOnce_WaitForOneRequest()
    {
        var callers = Enumerable.Range(0, 200).Select(_ => Task.Run(() => _cache.GetAsync(Token).AsTask(), Token)).ToArray();

        await GrantAsync("one");

        Assert.All(await Task.WhenAll(callers).Soon(), static token => Assert.Equal("one", token));
        Assert.Equal(1, _count);
    }

    [Fact]
    public async Task Get_OneCallerCancels_OthersGetTheToken()
    {
        using var first = new CancellationTokenSource();
        var cancelled = _cache.GetAsync(first.Token).AsTask();
        var others = Enumerable.Range(0, 10).Select(_ => _cache.GetAsync(Token).AsTask()).ToArray();

        await first.CancelAsync();

        Assert.Equal(first.Token, (await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled.Soon())).CancellationToken);
        await GrantAsync("one");
        Assert.All(await Task.WhenAll(others).Soon(), static token => Assert.Equal("one", token));
        Assert.Equal(1, _count);
    }

    [Fact]
    public async Task Get_AllCallersCancel_CancelsTheRequestAndTheNextStartsAnother()
    {
        using var source = new CancellationTokenSource();
        var callers = Enumerable.Range(0, 3).Select(_ => _cache.GetAsync(source.Token).AsTask()).ToArray();
        var abandoned = await _requests.Reader.ReadAsync(Token).AsTask().Soon();

        await source.CancelAsync();

        foreach (var caller in callers)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => caller.Soon());
        }

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => abandoned.Task.Soon());
        var next = _cache.GetAsync(Token).AsTask();
        await GrantAsync("two");
        Assert.Equal("two", await next.Soon());
    }

    [Fact]
    public async Task Get_RequestFails_FailsThoseThatWaitAndThoseOfTheNextSecond()
    {
        var waiting = Enumerable.Range(0, 2).Select(_ => _cache.GetAsync(Token).AsTask()).ToArray();
        (await _requests.Reader.ReadAsync(Token).AsTask().Soon()).SetException(new InvalidOperationException("No token."));
        foreach (var caller in waiting)
        {
            var error = await Assert.ThrowsAsync<ThriftAccessTokenException>(() => caller.Soon());
            Assert.Equal(("No bearer token for the Thrift client \"echo\" could be obtained: No token.", "echo", ThriftStatusCode.Unavailable), (error.Message, error.Client, error.StatusCode));
            Assert.IsType<InvalidOperationException>(error.InnerException);
        }

        Assert.Equal(1, CountOf(81));
        var soon = await Assert.ThrowsAsync<ThriftAccessTokenException>(() => _cache.GetAsync(Token).AsTask().Soon());
        Assert.Equal("No bearer token for the Thrift client \"echo\" could be obtained: No token.", soon.Message);
        Assert.Equal(1, _count);

        _clock.Advance(TimeSpan.FromSeconds(1));
        var next = _cache.GetAsync(Token).AsTask();
        await GrantAsync("one");
        Assert.Equal("one", await next.Soon());
    }

    [Fact]
    public async Task Get_RequestsFail_AreAWarningAMinuteUntilTheyDoNot()
    {
        for (var i = 0; i < 5; i++)
        {
            var failing = _cache.GetAsync(Token).AsTask();
            (await _requests.Reader.ReadAsync(Token).AsTask().Soon()).SetException(new InvalidOperationException("No token."));
            await Assert.ThrowsAsync<ThriftAccessTokenException>(() => failing.Soon());
            _clock.Advance(TimeSpan.FromSeconds(11));
        }

        _clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(2, CountOf(81));
        Assert.Contains("Failed requests: 4, the last one 16 s ago.", _log.Entries.Last(static entry => entry.Id == 81).Text, StringComparison.Ordinal);

        var granted = _cache.GetAsync(Token).AsTask();
        await GrantAsync("one");
        await granted.Soon();
        _clock.Advance(TimeSpan.FromMinutes(1));

        var over = Assert.Single(_log.Entries, static entry => entry.Id == 92);
        Assert.Equal((LogLevel.Warning, "Bearer tokens of the Thrift client echo can be obtained again. Failed requests before: 5 within 44 s."), (over.Level, over.Text));
    }

    [Fact]
    public async Task Get_RequestIsCancelledByItsSource_IsNotACancellationOfTheCaller()
    {
        var waiting = _cache.GetAsync(Token).AsTask();
        (await _requests.Reader.ReadAsync(Token).AsTask().Soon()).SetCanceled(CancellationToken.None);

        Assert.IsAssignableFrom<OperationCanceledException>((await Assert.ThrowsAsync<ThriftAccessTokenException>(() => waiting.Soon())).InnerException);
    }

    [Theory]
    [InlineData(600, 540)]
    [InlineData(60, 30)]
    public async Task Get_TokenAboutToExpire_RequestsAnother(int lifetime, int renewal)
    {
        var first = _cache.GetAsync(Token).AsTask();
        await GrantAsync("one", TimeSpan.FromSeconds(lifetime));
        await first.Soon();

        _clock.Advance(TimeSpan.FromSeconds(renewal - 1));
        Assert.Equal("one", await _cache.GetAsync(Token));
        _clock.Advance(TimeSpan.FromSeconds(1));
        var second = _cache.GetAsync(Token).AsTask();
        await GrantAsync("two");
        Assert.Equal("two", await second.Soon());
    }

    [Fact]
    public async Task Get_RenewalFails_UsesTheTokenUntilItExpires()
    {
        var first = _cache.GetAsync(Token).AsTask();
        await GrantAsync("one", TimeSpan.FromMinutes(10));
        await first.Soon();

        _clock.Advance(TimeSpan.FromMinutes(9.5));
        var renewed = _cache.GetAsync(Token).AsTask();
        (await _requests.Reader.ReadAsync(Token).AsTask().Soon()).SetException(new InvalidOperationException("No token."));
        Assert.Equal("one", await renewed.Soon());
        Assert.Equal("one", await _cache.GetAsync(Token));
        Assert.Equal((2, 1), (_count, CountOf(80)));

        _clock.Advance(TimeSpan.FromMinutes(0.5));
        var expired = _cache.GetAsync(Token).AsTask();
        (await _requests.Reader.ReadAsync(Token).AsTask().Soon()).SetException(new InvalidOperationException("No token."));
        await Assert.ThrowsAsync<ThriftAccessTokenException>(() => expired.Soon());
    }

    [Fact]
    public async Task Drop_TokenThatWasReplaced_KeepsTheNewOne()
    {
        var first = _cache.GetAsync(Token).AsTask();
        await GrantAsync("one");
        await first.Soon();

        Parallel.For(0, 20, _ => _cache.Drop("one"));
        var second = _cache.GetAsync(Token).AsTask();
        await GrantAsync("two");
        await second.Soon();
        _cache.Drop("one");

        Assert.Equal("two", await _cache.GetAsync(Token));
        Assert.Equal(2, _count);
    }

    [Fact]
    public async Task Get_InTheContextOfACall_RequestsOutsideOfIt()
    {
        var ambient = new AsyncLocal<string?>();
        string? seen = "nothing";
        var cache = new TokenCache(
            "echo",
            _ =>
            {
                seen = ambient.Value;
                return new(new ThriftAccessToken("one", DateTimeOffset.MaxValue));
            },
            new() { TimeProvider = _clock });
        ambient.Value = "call";

        Assert.Equal("one", await cache.GetAsync(Token).AsTask().Soon());
        Assert.Null(seen);
    }

    [Fact]
    public void ToString_HasNoToken() => Assert.DoesNotContain("secret", new ThriftAccessToken("secret", DateTimeOffset.MaxValue).ToString(), StringComparison.Ordinal);

    private int CountOf(int id) => _log.Entries.Count(entry => entry.Id == id);

    private async Task GrantAsync(string token, TimeSpan? lifetime = null)
        => (await _requests.Reader.ReadAsync(Token).AsTask().Soon()).SetResult(new(token, _clock.GetUtcNow() + (lifetime ?? TimeSpan.FromHours(1))));

    private async ValueTask<ThriftAccessToken> RequestAsync(CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _count);
        var request = new TaskCompletionSource<ThriftAccessToken>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = cancellationToken.Register(() => request.TrySetCanceled(cancellationToken));
        await _requests.Writer.WriteAsync(request, CancellationToken.None);
        return await request.Task;
    }
}
