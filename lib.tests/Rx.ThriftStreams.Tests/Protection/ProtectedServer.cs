using Demo.Echo;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Rx.ThriftStreams.AspNetCore;
using static Rx.ThriftStreams.Tests.Support.Waits;

namespace Rx.ThriftStreams.Tests.Protection;

/// <summary>A server of the test service whose limits a test changes, with a clock that stands still.</summary>
internal sealed class ProtectedServer : IAsyncDisposable
{
    private readonly ThriftServer _server;

    private ProtectedServer(ThriftServer server, Source limits, FakeTimeProvider clock, LogCollector log)
    {
        _server = server;
        Limits = limits;
        Clock = clock;
        Log = log;
    }

    internal Source Limits { get; }

    internal FakeTimeProvider Clock { get; }

    internal LogCollector Log { get; }

    internal static async Task<ProtectedServer> StartAsync(
        ThriftTrafficLimits? limits = null,
        ITestService? service = null,
        Action<ThriftServerOptions>? configure = null,
        Action<IEndpointConventionBuilder>? map = null)
    {
        var source = new Source(limits ?? new());
        var clock = new FakeTimeProvider();
        var log = new LogCollector();
        var server = await ThriftServer.StartAsync(
            "127.0.0.1:0",
            server => server
                .AddService(service ?? new EchoService(), map)
                .Logging(logging => logging.AddProvider(log))
                .Services(services => services.AddSingleton<IOptionsMonitor<ThriftTrafficLimits>>(source))
                .Configure(options =>
                {
                    options.TimeProvider = clock;
                    configure?.Invoke(options);
                }),
            TestContext.Current.CancellationToken);
        return new(server, source, clock, log);
    }

    /// <summary>A channel; streams go over gRPC or TTHeader Streaming.</summary>
    internal ThriftChannel Open(string scheme, ThriftTransport pingPong = ThriftTransport.TTHeader)
        => PatientChannel.ForAddress($"{scheme}://{_server.Endpoint}", new() { PingPongTransport = pingPong, Connections = { Mode = ThriftConnectionMode.Pooled } });

    /// <summary>The answer to a call, or the status and text of its error.</summary>
    internal static async Task<string> StreamAsync(ThriftChannel channel)
        => await TryAsync(async () => (await new TestServiceClient(channel).EchoServerAsync(new() { Message = "x" }, TestContext.Current.CancellationToken).ToListAsync())[0].Message!);

    /// <inheritdoc cref="StreamAsync"/>
    internal static async Task<string> PingPongAsync(ThriftChannel channel)
        => await TryAsync(async () => (await new TestServiceClient(channel).EchoPingPongAsync(new() { Message = "x" }, TestContext.Current.CancellationToken)).Message!);

    internal static async Task<string> TryAsync(Func<Task<string>> call)
    {
        try
        {
            return await call().Soon();
        }
        catch (ThriftException error)
        {
            return $"{error.StatusCode}: {error.Message}";
        }
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    /// <summary>Limits that change when a test says so.</summary>
    internal sealed class Source(ThriftTrafficLimits limits) : IOptionsMonitor<ThriftTrafficLimits>
    {
        private event Action<ThriftTrafficLimits, string?>? Changed;

        public ThriftTrafficLimits CurrentValue { get; private set; } = limits;

        public ThriftTrafficLimits Get(string? name) => CurrentValue;

        public IDisposable OnChange(Action<ThriftTrafficLimits, string?> listener)
        {
            Changed += listener;
            return new MemoryStream();
        }

        internal void Change(ThriftTrafficLimits limits)
        {
            CurrentValue = limits;
            Changed?.Invoke(limits, string.Empty);
        }
    }
}
