using System.Diagnostics.Metrics;
using System.Net;
using System.Reactive.Linq;
using Demo.Echo;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using Rx.ThriftStreams.AspNetCore;

namespace Rx.ThriftStreams.Tests.Samples;

/// <summary>The code of docs/events.md, compiled and run.</summary>
public sealed class EventSamples
{
    [Fact]
    public async Task Watch()
    {
        await using var server = ThriftInMemoryServer.Create(server => server.AddService<ITestService, EchoService>());
        await using var channel = server.CreateChannel();
        var client = new TestServiceClient(channel);
        var shown = new List<string>();
        void Show(string text) => shown.Add(text);

        // <sample events-watch>
        using IDisposable subscription = channel.Events
            .Where(e => e.Kind == ThriftStreamEventKind.RpcFinish)
            .Subscribe(e => Show($"{e.Method}: {e.Status}, {e.ReceivedMessages} messages, {e.ReceivedBytes} bytes in {e.Elapsed}"));

        await client.EchoServerAsync(new() { Message = "hi" }).CountAsync();
        // </sample events-watch>

        Assert.StartsWith("echo.TestService/EchoServer: 0 (OK), 3 messages", Assert.Single(shown), StringComparison.Ordinal);
    }

    [Fact]
    public async Task SlowStreams()
    {
        await using var server = ThriftInMemoryServer.Create(server => server.AddService<ITestService, EchoService>());
        await using var channel = server.CreateChannel();
        var shown = new List<string>();
        void Show(string text) => shown.Add(text);

        // <sample events-per-call>
        using IDisposable subscription = server.Events
            .GroupBy(e => e.CallId)
            .SelectMany(call => call.TakeUntil(e => e.Kind == ThriftStreamEventKind.RpcFinish).LastAsync())
            .Where(e => e.Failed)
            .Subscribe(e => Show($"{e.Method} for {e.Peer} failed: {e.Error?.Message}"));
        // </sample events-per-call>

        await new TestServiceClient(channel).EchoUnaryAsync(new());
        Assert.Empty(shown);
    }

    [Fact]
    public async Task SlowConsumers()
    {
        await using var server = ThriftInMemoryServer.Create(server => server.AddService<ITestService, EchoService>());
        var shown = new List<string>();
        void Show(string text) => shown.Add(text);

        // <sample events-slow>
        using IDisposable subscription = server.Events
            .Where(e => e.Kind is ThriftStreamEventKind.SendPaused or ThriftStreamEventKind.SendResumed)
            .Subscribe(e => Show($"{e.Peer} {(e.Kind == ThriftStreamEventKind.SendPaused ? "does not read" : "reads again")}: {e.Method}, {e.SentMessages} messages sent"));
        // </sample events-slow>

        await using var channel = server.CreateChannel();
        await new TestServiceClient(channel).EchoUnaryAsync(new());
        Assert.Empty(shown);
    }

    [Fact]
    public async Task Intervals()
    {
        var options = new ThriftChannelOptions();

        // <sample events-intervals>
        options.Telemetry.SpanInterval = TimeSpan.FromMinutes(1);
        // </sample events-intervals>

        using var meters = new ThriftHttpMeters();

        // <sample events-http-metrics>
        options.Grpc.ConfigureHttpHandler = handler => handler.MeterFactory = meters;
        // </sample events-http-metrics>

        await using var channel = ThriftChannel.ForAddress("grpc://127.0.0.1:1", options);
        Assert.Equal(TimeSpan.FromMinutes(1), options.Telemetry.SpanInterval);
    }

    [Fact]
    public async Task Buckets()
    {
        var exported = new List<Metric>();
        MeterProviderBuilder metrics = Sdk.CreateMeterProviderBuilder().AddMeter(ThriftDiagnostics.MeterName).AddInMemoryExporter(exported);

        // <sample events-buckets>
        metrics
            .AddView("rpc.server.call.duration", new ExplicitBucketHistogramConfiguration { Boundaries = [0.01, 0.1, 1, 10, 60, 600, 3600, 86400] })
            .AddView("rpc.server.response.size", new ExplicitBucketHistogramConfiguration { Boundaries = [64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304] });
        // </sample events-buckets>

        using (metrics.Build())
        {
            await using var server = ThriftInMemoryServer.Create(server => server.AddService<ITestService, EchoService>());
            await using var channel = server.CreateChannel();
            await new TestServiceClient(channel).EchoUnaryAsync(new() { Message = "hi" }, TestContext.Current.CancellationToken);
        }

        Assert.Equal([0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, double.PositiveInfinity], Bounds("rpc.client.call.duration"));
        Assert.Equal([0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000, double.PositiveInfinity], Bounds("rpc.client.response.size"));
        Assert.Equal([0.01, 0.1, 1, 10, 60, 600, 3600, 86400, double.PositiveInfinity], Bounds("rpc.server.call.duration"));
        Assert.Equal([64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, double.PositiveInfinity], Bounds("rpc.server.response.size"));

        List<double> Bounds(string name)
        {
            var bounds = new List<double>();
            foreach (ref readonly var point in exported.Last(metric => metric.Name == name).GetMetricPoints())
            {
                foreach (var bucket in point.GetHistogramBuckets())
                {
                    bounds.Add(bucket.ExplicitBound);
                }

                return bounds;
            }

            return bounds;
        }
    }

    [Fact]
    public async Task Inject()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.Services.AddLogging();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0, static listen => listen.UseThriftStreams()));

        // <sample events-inject>
        builder.Services.AddThriftStreams();
        builder.Services.AddSingleton<CallCounter>();
        builder.Services.AddHostedService(services => services.GetRequiredService<CallCounter>());
        // </sample events-inject>

        await using var app = builder.Build();
        app.MapThriftService<ITestService, EchoService>();
        await app.StartAsync(TestContext.Current.CancellationToken);
        await using var channel = PatientChannel.ForAddress($"grpc://{app.Endpoint()}");
        await new TestServiceClient(channel).EchoUnaryAsync(new(), TestContext.Current.CancellationToken);

        Assert.Equal(1, app.Services.GetRequiredService<CallCounter>().Calls);
        await app.StopAsync(TestContext.Current.CancellationToken);
    }

    // <sample events-http-meters>
    /// <summary>Gives the HTTP metrics of Thrift channels a meter of their own, which nothing listens to unless it is added by its name.</summary>
    public sealed class ThriftHttpMeters : IMeterFactory
    {
        private readonly Meter _meter = new("Shop.ThriftHttp");

        public Meter Create(MeterOptions options) => _meter;

        public void Dispose() => _meter.Dispose();
    }

    // </sample events-http-meters>
    // <sample events-inject-class>
    public sealed class CallCounter(IObservable<ThriftStreamEvent> events) : IHostedService, IDisposable
    {
        private IDisposable? _subscription;
        private int _calls;

        public int Calls => Volatile.Read(ref _calls);

        public Task StartAsync(CancellationToken cancellationToken)
        {
            _subscription = events.Where(e => e.Kind == ThriftStreamEventKind.RpcStart).Subscribe(_ => Interlocked.Increment(ref _calls));
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public void Dispose() => _subscription?.Dispose();
    }
    // </sample events-inject-class>
}
