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
