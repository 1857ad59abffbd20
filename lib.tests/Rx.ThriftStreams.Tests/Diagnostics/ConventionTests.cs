using System.Diagnostics;
using Demo.Echo;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Rx.ThriftStreams.Tests.Diagnostics;

/// <summary>What OpenTelemetry's SDK exports, compared with version 1.45 of its conventions for RPC.</summary>
[Collection(nameof(TelemetryTests))]
public sealed class ConventionTests() : ObservedCallTests("ttheader")
{
    private const string Schema = "https://opentelemetry.io/schemas/1.45.0";

    // The attributes that the conventions define for calls. All others belong to this library.
    private static readonly string[] s_conventional =
        ["rpc.system.name", "rpc.method", "rpc.response.status_code", "error.type", "server.address", "server.port", "client.address", "client.port"];

    [Fact]
    public async Task Spans_OfAnAnsweredCall_HaveTheirNamesAndAttributes()
    {
        var (client, server) = await ExportAsync(() => Client.EchoPingPongAsync(new(), TestContext.Current.CancellationToken));

        foreach (var span in new[] { client, server })
        {
            Assert.Equal("echo.TestService/EchoPingPong", span.DisplayName);
            Assert.Equal("thrift", span.GetTagItem("rpc.system.name"));
            Assert.Equal("echo.TestService/EchoPingPong", span.GetTagItem("rpc.method"));
            Assert.Equal("OK", span.GetTagItem("rpc.response.status_code"));
            Assert.Equal((ActivityStatusCode.Unset, null), (span.Status, span.GetTagItem("error.type")));
            Assert.Equal(Schema, span.Source.TelemetrySchemaUrl);
            Assert.Matches(@"^\d+\.\d+\.\d+[^+]*$", span.Source.Version);
            Assert.All(span.TagObjects, tag => Assert.True(s_conventional.Contains(tag.Key) || tag.Key.StartsWith("thriftstreams.", StringComparison.Ordinal), tag.Key));
        }

        Assert.Equal(("127.0.0.1", (object)Server.Endpoint.Port), (client.GetTagItem("server.address"), client.GetTagItem("server.port")!));
        Assert.Equal("127.0.0.1", server.GetTagItem("client.address"));
    }

    [Fact]
    public async Task Spans_OfTheAttemptsOfACall_HaveTheirNumbers()
    {
        using var trace = new Activity("test").Start();
        var spans = new List<Activity>();
        var calls = 0;
        Service.Unary = _ => Interlocked.Increment(ref calls) < 3 ? throw new ThriftStatusException(ThriftStatusCode.Unavailable, "not now") : new();
        await using var channel = PatientChannel.ForAddress($"grpc://{Server.Endpoint}", new()
        {
            Defaults = new() { IsIdempotent = true },
            Resilience = { Retry = new() { MaxRetries = 2, Delay = TimeSpan.Zero } },
        });
        using var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == ThriftDiagnostics.ActivitySourceName,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = span =>
            {
                if (span.Kind == ActivityKind.Client && span.TraceId == trace.TraceId)
                {
                    spans.Add(span);
                }
            },
        };
        ActivitySource.AddActivityListener(listener);

        await new TestServiceClient(channel).EchoUnaryAsync(new(), TestContext.Current.CancellationToken);
        await Client.EchoPingPongAsync(new(), TestContext.Current.CancellationToken);

        Assert.Equal([1, 2, 3, null], spans.Select(static span => span.GetTagItem("thriftstreams.attempt")));
    }

    [Theory]
    [InlineData(ThriftStatusCode.Cancelled, "CANCELLED", false)]
    [InlineData(ThriftStatusCode.Unknown, "UNKNOWN", true)]
    [InlineData(ThriftStatusCode.InvalidArgument, "INVALID_ARGUMENT", false)]
    [InlineData(ThriftStatusCode.DeadlineExceeded, "DEADLINE_EXCEEDED", true)]
    [InlineData(ThriftStatusCode.NotFound, "NOT_FOUND", false)]
    [InlineData(ThriftStatusCode.AlreadyExists, "ALREADY_EXISTS", false)]
    [InlineData(ThriftStatusCode.PermissionDenied, "PERMISSION_DENIED", false)]
    [InlineData(ThriftStatusCode.ResourceExhausted, "RESOURCE_EXHAUSTED", false)]
    [InlineData(ThriftStatusCode.FailedPrecondition, "FAILED_PRECONDITION", false)]
    [InlineData(ThriftStatusCode.Aborted, "ABORTED", false)]
    [InlineData(ThriftStatusCode.OutOfRange, "OUT_OF_RANGE", false)]
    [InlineData(ThriftStatusCode.Unimplemented, "UNIMPLEMENTED", true)]
    [InlineData(ThriftStatusCode.Internal, "INTERNAL", true)]
    [InlineData(ThriftStatusCode.Unavailable, "UNAVAILABLE", true)]
    [InlineData(ThriftStatusCode.DataLoss, "DATA_LOSS", true)]
    [InlineData(ThriftStatusCode.Unauthenticated, "UNAUTHENTICATED", false)]
    public async Task Spans_OfARefusedCall_AreErrorsOfTheServerOnlyIfItFailed(ThriftStatusCode code, string name, bool isServerError)
    {
        await using var channel = PatientChannel.ForAddress($"grpc://{Server.Endpoint}");
        Service.Unary = _ => throw new ThriftStatusException(code, "refused");

        var (client, server) = await ExportAsync(() => Assert.ThrowsAsync<ThriftStatusException>(
            () => new TestServiceClient(channel).EchoUnaryAsync(new(), TestContext.Current.CancellationToken)));

        Assert.Equal((name, name), (client.GetTagItem("rpc.response.status_code"), server.GetTagItem("rpc.response.status_code")));
        Assert.Equal((ActivityStatusCode.Error, name), (client.Status, client.GetTagItem("error.type")));
        Assert.Equal(isServerError ? (ActivityStatusCode.Error, name) : (ActivityStatusCode.Unset, null), (server.Status, server.GetTagItem("error.type")));
    }

    [Fact]
    public async Task Metrics_OfACall_HaveTheirNamesUnitsAndBuckets()
    {
        var metrics = new List<MetricSnapshot>();
        using (var provider = Sdk.CreateMeterProviderBuilder().AddMeter(ThriftDiagnostics.MeterName).AddInMemoryExporter(metrics).Build())
        {
            await Client.EchoPingPongAsync(new(), TestContext.Current.CancellationToken);
            await ServerLog.FinishedAsync();
            Assert.True(provider.ForceFlush());
        }

        foreach (var side in new[] { "client", "server" })
        {
            var duration = metrics.First(m => m.Name == $"rpc.{side}.call.duration");
            Assert.Equal(("s", MetricType.Histogram), (duration.Unit, duration.MetricType));
            Assert.Equal([0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, double.PositiveInfinity], BoundsOf(duration));
            Assert.Equal("By", metrics.First(m => m.Name == $"rpc.{side}.request.size").Unit);
            Assert.Equal("By", metrics.First(m => m.Name == $"rpc.{side}.response.size").Unit);
        }

        string[] conventional = ["rpc.client.call.duration", "rpc.server.call.duration", "rpc.client.request.size", "rpc.client.response.size", "rpc.server.request.size", "rpc.server.response.size"];
        Assert.All(metrics, m => Assert.True(conventional.Contains(m.Name) || m.Name.StartsWith("thriftstreams.", StringComparison.Ordinal), m.Name));
        Assert.All(metrics, m => Assert.Matches(@"^\d+\.\d+\.\d+", m.MeterVersion));

        // The tags of this library belong to its own metrics only.
        foreach (var metric in metrics)
        {
            var isOwn = metric.Name.StartsWith("thriftstreams.", StringComparison.Ordinal);
            foreach (var point in metric.MetricPoints)
            {
                foreach (var tag in point.Tags)
                {
                    Assert.True(s_conventional.Contains(tag.Key) || (isOwn && tag.Key.StartsWith("thriftstreams.", StringComparison.Ordinal)), $"{metric.Name} has the tag {tag.Key}.");
                }
            }
        }
    }

    /// <summary>HttpClient, which carries gRPC, measures its requests and connections too; over TTHeader there is none.</summary>
    [Fact]
    public async Task HttpMetrics_OfTheClient_CountGrpcCallsOnly()
    {
        var metrics = new List<MetricSnapshot>();
        using (var provider = Sdk.CreateMeterProviderBuilder().AddMeter(ThriftDiagnostics.MeterName, "System.Net.Http").AddInMemoryExporter(metrics).Build())
        {
            await Client.EchoPingPongAsync(new(), TestContext.Current.CancellationToken);
            Assert.True(provider.ForceFlush());
            Assert.Empty(HttpPoints(metrics));

            await using (var channel = PatientChannel.ForAddress($"grpc://{Server.Endpoint}"))
            {
                await new TestServiceClient(channel).EchoUnaryAsync(new(), TestContext.Current.CancellationToken);
            }

            Assert.True(provider.ForceFlush());
        }

        var points = HttpPoints(metrics);
        var names = points.Select(static point => point.Name).ToHashSet();
        Assert.Superset(new HashSet<string> { "http.client.active_requests", "http.client.open_connections", "http.client.request.duration" }, names);
        Assert.Subset(
            new HashSet<string> { "http.client.active_requests", "http.client.connection.duration", "http.client.open_connections", "http.client.request.duration", "http.client.request.time_in_queue" },
            names);
        Assert.Equal(1, points.Where(static point => point.Name == "http.client.request.duration").Max(static point => point.Point.GetHistogramCount()));
    }

    [Fact]
    public async Task HttpMetrics_OfAChannelWithItsOwnMeter_AreLeftOut()
    {
        using var meters = new Samples.EventSamples.ThriftHttpMeters();
        var metrics = new List<MetricSnapshot>();
        var options = new ThriftChannelOptions { Grpc = { ConfigureHttpHandler = handler => handler.MeterFactory = meters } };
        using (var provider = Sdk.CreateMeterProviderBuilder().AddMeter(ThriftDiagnostics.MeterName, "System.Net.Http").AddInMemoryExporter(metrics).Build())
        {
            await using (var channel = PatientChannel.ForAddress($"grpc://{Server.Endpoint}", options))
            {
                await new TestServiceClient(channel).EchoUnaryAsync(new(), TestContext.Current.CancellationToken);
            }

            Assert.True(provider.ForceFlush());
        }

        Assert.Empty(HttpPoints(metrics));
        Assert.Contains(metrics, static metric => metric.Name == "rpc.client.call.duration");
    }

    /// <summary>HttpClient creates no span for a call, so that a trace has one for each side.</summary>
    [Fact]
    public async Task Spans_OfAGrpcCall_AreOneOnTheClient()
    {
        await using var channel = PatientChannel.ForAddress($"grpc://{Server.Endpoint}");

        var (client, _) = await ExportAsync(() => new TestServiceClient(channel).EchoUnaryAsync(new(), TestContext.Current.CancellationToken), "System.Net.Http");

        Assert.Equal(ThriftDiagnostics.ActivitySourceName, client.Source.Name);
    }

    /// <summary>What was measured of HTTP clients of this test's server.</summary>
    private List<(string Name, MetricPoint Point)> HttpPoints(List<MetricSnapshot> metrics)
    {
        var points = new List<(string, MetricPoint)>();
        foreach (var metric in metrics.Where(static metric => metric.Name.StartsWith("http.client.", StringComparison.Ordinal)))
        {
            foreach (var point in metric.MetricPoints)
            {
                foreach (var tag in point.Tags)
                {
                    if (tag.Key == "server.port" && Equals(tag.Value, Server.Endpoint.Port))
                    {
                        points.Add((metric.Name, point));
                    }
                }
            }
        }

        return points;
    }

    private static List<double> BoundsOf(MetricSnapshot metric)
    {
        var bounds = new List<double>();
        foreach (var bucket in metric.MetricPoints[0].GetHistogramBuckets())
        {
            bounds.Add(bucket.ExplicitBound);
        }

        return bounds;
    }

    /// <summary>Makes a call below an activity of its own, and exports the spans of its two sides.</summary>
    private async Task<(Activity Client, Activity Server)> ExportAsync(Func<Task> call, params string[] sources)
    {
        using var source = new ActivitySource("convention tests");
        var spans = new List<Activity>();
        ActivityTraceId trace;
        using (Sdk.CreateTracerProviderBuilder().AddSource([ThriftDiagnostics.ActivitySourceName, source.Name, .. sources]).AddInMemoryExporter(spans).Build())
        {
            using (var root = source.StartActivity("root")!)
            {
                trace = root.TraceId;
                await call();
            }

            await ServerLog.FinishedAsync();
        }

        return (Assert.Single(spans, s => s.TraceId == trace && s.Kind == ActivityKind.Client), Assert.Single(spans, s => s.TraceId == trace && s.Kind == ActivityKind.Server));
    }
}
