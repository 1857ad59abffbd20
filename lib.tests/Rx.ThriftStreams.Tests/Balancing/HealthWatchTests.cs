using Demo.Echo;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Rx.ThriftStreams.AspNetCore;

namespace Rx.ThriftStreams.Tests.Balancing;

/// <summary>A channel that watches the health of real servers.</summary>
public sealed class HealthWatchTests : IAsyncDisposable
{
    private const int NotServing = 34;
    private const int Serving = 35;
    private const int Refused = 36;

    private readonly FakeTimeProvider _serverClock = new();
    private readonly FakeTimeProvider _clock = new();
    private readonly LogCollector _log = new();
    private readonly List<ThriftServer> _servers = [];
    private readonly HealthStatus[] _health = [HealthStatus.Healthy, HealthStatus.Healthy];

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
        {
            await server.DisposeAsync();
        }
    }

    [Theory]
    [InlineData("grpc", "")]
    [InlineData("ttheader", "echo.TestService")]
    public async Task Endpoint_DoesNotServe_NewStreamsUseTheOther_UntilItServesAgain(string scheme, string service)
    {
        using var measured = new Measurements("thriftstreams.client.endpoints");
        await StartAsync(2);
        await using var channel = Open(scheme, service);
        var client = new TestServiceClient(channel);
        Assert.Equal(["0", "1"], await AnswersAsync(client));

        _health[0] = HealthStatus.Unhealthy;
        await UntilLoggedAsync(NotServing);
        Assert.Equal(["1"], await AnswersAsync(client));
        Assert.Equal((1, 1), (Endpoints("usable"), Endpoints("not_serving")));

        _health[0] = HealthStatus.Healthy;
        await UntilLoggedAsync(Serving);
        Assert.Equal(["0", "1"], await AnswersAsync(client));
        Assert.Equal((2, 0), (Endpoints("usable"), Endpoints("not_serving")));

        double Endpoints(string state) => Assert.Single(measured.Read(), m => Equals(m["thriftstreams.target"], channel.Address) && Equals(m["thriftstreams.endpoint.state"], state)).Value;
    }

    [Fact]
    public async Task AllEndpoints_DoNotServe_AreUsedAllTheSame()
    {
        (_health[0], _health[1]) = (HealthStatus.Unhealthy, HealthStatus.Unhealthy);
        await StartAsync(2);
        await using var channel = Open("ttheader", "");
        await UntilLoggedAsync(NotServing, count: 2);

        Assert.Equal(["0", "1"], await AnswersAsync(new(channel)));
    }

    [Fact]
    public async Task Endpoint_Restarts_IsWatchedAgain()
    {
        await StartAsync(2);
        var address = _servers[0].Address;
        await using var channel = Open("ttheader", "");
        var client = new TestServiceClient(channel);

        _health[0] = HealthStatus.Unhealthy;
        await UntilLoggedAsync(NotServing);
        _health[0] = HealthStatus.Healthy;
        await UntilLoggedAsync(Serving);

        // A server that stops says so to those who watch.
        var stopping = _servers[0].StopAsync(TestContext.Current.CancellationToken);
        await UntilLoggedAsync(NotServing, count: 2);
        await UntilAsync(() => stopping.IsCompleted);
        Assert.Equal(["1"], await AnswersAsync(client));

        await _servers[0].DisposeAsync();
        _servers[0] = await StartOneAsync(address, 0, hasHealth: true);
        await UntilLoggedAsync(Serving, count: 2);
        Assert.Equal(["0", "1"], await AnswersAsync(client));
    }

    [Fact]
    public async Task Endpoint_WithoutHealth_CountsAsServing()
    {
        _servers.Add(await StartOneAsync("127.0.0.1:0", 0, hasHealth: false));
        await using var channel = Open("grpc", "");

        await UntilLoggedAsync(Refused);

        Assert.Equal(["0"], await AnswersAsync(new(channel)));
    }

    private async Task StartAsync(int count)
    {
        for (var i = 0; i < count; i++)
        {
            _servers.Add(await StartOneAsync("127.0.0.1:0", i, hasHealth: true));
        }
    }

    private Task<ThriftServer> StartOneAsync(string address, int index, bool hasHealth) => ThriftServer.StartAsync(
        address,
        server =>
        {
            server.AddService<ITestService>(new ScriptedService { EchoUnary = (_, _) => Task.FromResult(new Response { Message = $"{index}" }) })
                .Configure(options => options.TimeProvider = _serverClock)
                .Services(services => services.AddHealthChecks().AddCheck("own", () => new HealthCheckResult(_health[index])));
            if (hasHealth)
            {
                server.AddHealth();
            }
        },
        TestContext.Current.CancellationToken);

    private ThriftChannel Open(string scheme, string service) => PatientChannel.ForAddress($"{scheme}://{string.Join(',', _servers.Select(static server => server.Address))}", new()
    {
        Discovery = { HealthService = service },
        TimeProvider = _clock,
        LoggerFactory = LoggerFactory.Create(logging => logging.AddProvider(_log)),
    });

    /// <summary>Who answers eight calls.</summary>
    private static async Task<string[]> AnswersAsync(TestServiceClient client)
    {
        var answers = new List<string>();
        for (var i = 0; i < 8; i++)
        {
            answers.Add((await client.EchoUnaryAsync(new(), TestContext.Current.CancellationToken).Soon()).Message!);
        }

        return [.. answers.Distinct().Order()];
    }

    private Task UntilLoggedAsync(int id, int count = 1) => UntilAsync(() => _log.Entries.Count(entry => entry.Id == id) == count);

    /// <summary>Lets time pass: servers look at their health every few seconds, and a watch that ended pauses.</summary>
    private Task UntilAsync(Func<bool> condition) => Waits.Until(() =>
    {
        _serverClock.Advance(TimeSpan.FromMilliseconds(100));
        _clock.Advance(TimeSpan.FromMilliseconds(100));
        return condition();
    });
}
