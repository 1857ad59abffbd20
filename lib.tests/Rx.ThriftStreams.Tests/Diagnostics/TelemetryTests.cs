using System.Collections.Concurrent;
using System.Diagnostics;
using System.Reactive.Linq;
using System.Reactive.Threading.Tasks;
using Demo.Echo;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Rx.ThriftStreams.Tests.Diagnostics;

/// <summary>Activities, metrics and logs. Listeners belong to the process: these tests run one after the other.</summary>
[Collection(nameof(TelemetryTests))]
public sealed class TelemetryTests() : ObservedCallTests("grpc")
{
    [Fact]
    public async Task Activities_OfACall_AreOneTraceFromCallerToHandler()
    {
        using var source = new ActivitySource("test");
        using var listener = new RecordingListener(source);
        Activity? inHandler = null;
        Service.Unary = request =>
        {
            inHandler = Activity.Current;
            return new Response();
        };

        using (var root = source.StartActivity("root")!)
        {
            await Client.EchoUnaryAsync(new(), TestContext.Current.CancellationToken);
            Assert.Same(root, Activity.Current);
        }

        await ServerLog.FinishedAsync();
        var rootOf = Assert.Single(listener.Stopped, a => a.OperationName == "root");
        var client = Assert.Single(listener.Stopped, a => a.Kind == ActivityKind.Client && a.TraceId == rootOf.TraceId);
        var server = Assert.Single(listener.Stopped, a => a.Kind == ActivityKind.Server && a.TraceId == rootOf.TraceId);
        Assert.Equal((rootOf.SpanId, client.SpanId), (client.ParentSpanId, server.ParentSpanId));
        Assert.Same(server, inHandler);
        Assert.Equal("echo.TestService/EchoUnary", client.DisplayName);
        Assert.Equal(("thrift", "echo.TestService/EchoUnary"), (client.GetTagItem("rpc.system.name"), client.GetTagItem("rpc.method")));
        Assert.Equal(("127.0.0.1", Server.Endpoint.Port, "OK"), (client.GetTagItem("server.address"), client.GetTagItem("server.port"), client.GetTagItem("rpc.response.status_code")));
        Assert.Equal((1L, 1L), (client.GetTagItem("thriftstreams.messages.sent"), client.GetTagItem("thriftstreams.messages.received")));
        Assert.Equal(ActivityStatusCode.Unset, client.Status);
    }

    [Fact]
    public async Task Activities_OfAFailedCall_HaveStatusAndErrorType()
    {
        using var source = new ActivitySource("test");
        using var listener = new RecordingListener(source);
        Service.Unary = _ => throw new ThriftStatusException(ThriftStatusCode.NotFound, "none");

        ActivityTraceId trace;
        using (var root = source.StartActivity("root")!)
        {
            trace = root.TraceId;
            await Assert.ThrowsAsync<ThriftStatusException>(() => Client.EchoUnaryAsync(new(), TestContext.Current.CancellationToken));
        }

        var client = Assert.Single(listener.Stopped, a => a.Kind == ActivityKind.Client && a.TraceId == trace);
        Assert.Equal((ActivityStatusCode.Error, "NOT_FOUND", "NOT_FOUND"), (client.Status, client.GetTagItem("error.type"), client.GetTagItem("rpc.response.status_code")));
    }

    public static TheoryData<Exception, string, string> HiddenErrors => new()
    {
        {
            new ThriftConnectException("10.0.0.5:8888", new IOException("nobody there")),
            "A service that the handler calls is not available. Its server logs the reason, and does not send it to callers.",
            "UNAVAILABLE"
        },
        {
            new ThriftTimeoutException(ThriftTimeoutKind.Rpc, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1), "Bank/Pay"),
            "A call that the handler made took too long. Its server logs the reason, and does not send it to callers.",
            "DEADLINE_EXCEEDED"
        },
        { new InvalidOperationException("secret"), "The handler of TestService.EchoUnary failed.", typeof(InvalidOperationException).FullName! },
        { new IOException("secret"), "The handler failed. Its server logs the reason, and does not send it to callers.", typeof(IOException).FullName! },
    };

    /// <summary>Telemetry is for those who run the server: what its callers may know does not limit it.</summary>
    [Theory]
    [MemberData(nameof(HiddenErrors))]
    public async Task Activities_OfAnErrorThatIsHiddenFromTheCaller_HaveItsTextOnTheServer(Exception error, string sent, string type)
    {
        using var source = new ActivitySource("test");
        using var listener = new RecordingListener(source);
        Service.Unary = _ => throw error;

        ActivityTraceId trace;
        ThriftStatusException received;
        using (var root = source.StartActivity("root")!)
        {
            trace = root.TraceId;
            received = await Assert.ThrowsAsync<ThriftStatusException>(() => Client.EchoUnaryAsync(new(), TestContext.Current.CancellationToken));
        }

        await ServerLog.FinishedAsync();
        var server = Assert.Single(listener.Stopped, a => a.Kind == ActivityKind.Server && a.TraceId == trace);
        Assert.Equal((ActivityStatusCode.Error, error.Message, type), (server.Status, server.StatusDescription, server.GetTagItem("error.type")));
        Assert.Equal(error.Message, ServerLog.Finish.Status!.Value.Message);
        Assert.Equal(sent, received.Message);
        Assert.DoesNotContain(error.Message, received.Kitex!.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FailedConnect_OfACall_NamesTheEndpoint()
    {
        using var source = new ActivitySource("test");
        using var listener = new RecordingListener(source);
        var port = Ports.Free();
        await using var channel = ThriftChannel.ForAddress($"ttheader://127.0.0.1:{port}");
        var finish = channel.Events.Where(static e => e.Kind == ThriftStreamEventKind.RpcFinish).FirstAsync().ToTask(TestContext.Current.CancellationToken);

        ActivityTraceId trace;
        using (var root = source.StartActivity("root")!)
        {
            trace = root.TraceId;
            await Assert.ThrowsAsync<ThriftConnectException>(() => new TestServiceClient(channel).EchoUnaryAsync(new(), TestContext.Current.CancellationToken));
        }

        var client = Assert.Single(listener.Stopped, a => a.Kind == ActivityKind.Client && a.TraceId == trace);
        Assert.Equal(("127.0.0.1", port), (client.GetTagItem("server.address"), client.GetTagItem("server.port")));
        Assert.Equal($"127.0.0.1:{port}", (await finish).Peer);
    }

    [Fact]
    public async Task TraceParent_NobodyListensToTheLibrary_StillTravels()
    {
        var headers = CaptureHeaders();
        using var activity = new Activity("plain").SetIdFormat(ActivityIdFormat.W3C).Start();

        await Client.EchoUnaryAsync(new(), TestContext.Current.CancellationToken);

        Assert.Equal(activity.Id, (await headers)["traceparent"]);
    }

    [Fact]
    public async Task TraceStateAndBaggage_OfTheCaller_Travel()
    {
        var headers = CaptureHeaders();
        using var activity = new Activity("plain").SetIdFormat(ActivityIdFormat.W3C).AddBaggage("tenant", "shop").Start();
        activity.TraceStateString = "vendor=1";

        await Client.EchoUnaryAsync(new(), TestContext.Current.CancellationToken);

        Assert.Equal("vendor=1", (await headers)["tracestate"]);
        Assert.Equal("tenant=shop", (await headers)["baggage"].Replace(" ", string.Empty, StringComparison.Ordinal));
    }

    [Fact]
    public async Task TraceParent_SetByTheUser_IsLeftAlone()
    {
        const string Own = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        var headers = CaptureHeaders();
        using var activity = new Activity("plain").SetIdFormat(ActivityIdFormat.W3C).Start();

        await Client.EchoUnaryAsync(new(), new ThriftCallOptions { Headers = new() { { "traceparent", Own } } }, TestContext.Current.CancellationToken);

        Assert.Equal([Own], (await headers).GetValues("traceparent"));
    }

    [Fact]
    public async Task TraceParent_SwitchedOff_DoesNotTravel()
    {
        var headers = CaptureHeaders();
        await using var channel = PatientChannel.ForAddress($"grpc://{Server.Endpoint}", new() { PropagateTraceContext = false });
        using var activity = new Activity("plain").SetIdFormat(ActivityIdFormat.W3C).Start();

        await new TestServiceClient(channel).EchoUnaryAsync(new(), TestContext.Current.CancellationToken);

        Assert.False((await headers).TryGetValue("traceparent", out _));
    }

    [Fact]
    public async Task Metrics_OfACall_AreRecordedOnBothSides()
    {
        var port = Server.Endpoint.Port;
        using var measurements = new Measurements();

        await Client.EchoServerAsync(new() { Message = "x" }).CountAsync(TestContext.Current.CancellationToken);
        await ServerLog.FinishedAsync();

        var duration = Assert.Single(measurements.All, m => m.Name == "rpc.client.call.duration" && Equals(m["server.port"], port));
        Assert.InRange(duration.Value, 0, 30);
        Assert.Equal(("thrift", "echo.TestService/EchoServer", "OK"), (duration["rpc.system.name"], duration["rpc.method"], duration["rpc.response.status_code"]));
        Assert.Equal(3, Assert.Single(measurements.All, m => m.Name == "thriftstreams.client.call.responses" && Equals(m["server.port"], port)).Value);

        // Other tests' calls are in these too: they have no port.
        Assert.Contains(measurements.All, m => m.Name == "rpc.server.call.duration" && Equals(m["rpc.method"], "echo.TestService/EchoServer"));
        Assert.Contains(measurements.All, m => m is { Name: "rpc.client.request.size", Value: 9 } && Equals(m["rpc.method"], "echo.TestService/EchoServer"));
        Assert.Contains(measurements.All, m => m is { Name: "rpc.server.response.size", Value: 11 } && Equals(m["rpc.method"], "echo.TestService/EchoServer"));
        Assert.Contains(measurements.All, m => m is { Name: "thriftstreams.client.active_calls", Value: 1 });
        Assert.Contains(measurements.All, m => m is { Name: "thriftstreams.client.active_calls", Value: -1 });
    }

    [Fact]
    public async Task Logs_AtTrace_TellTheCallAndItsMessages()
    {
        using var log = new RecordingLog();
        using var factory = LoggerFactory.Create(builder => builder.SetMinimumLevel(LogLevel.Trace).AddProvider(log));
        await using var channel = PatientChannel.ForAddress($"grpc://{Server.Endpoint}", new() { LoggerFactory = factory });

        await new TestServiceClient(channel).EchoUnaryAsync(new(), TestContext.Current.CancellationToken);

        var own = log.Entries.Where(e => e.Category == typeof(ThriftChannel).FullName).ToList();
        Assert.Equal([20, 21, 22, 23], own.Select(e => e.Id).Order());
        Assert.Contains("EchoUnary", own.Single(e => e.Id == 21).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Observer_Throws_IsLogged()
    {
        using var log = new RecordingLog();
        using var factory = LoggerFactory.Create(builder => builder.SetMinimumLevel(LogLevel.Error).AddProvider(log));
        await using var channel = PatientChannel.ForAddress($"grpc://{Server.Endpoint}", new() { LoggerFactory = factory });
        channel.Events.Subscribe(_ => throw new FormatException("a bug"));

        await new TestServiceClient(channel).EchoUnaryAsync(new(), TestContext.Current.CancellationToken);

        Assert.Equal(24, Assert.Single(log.Entries).Id);
    }

    private Task<ThriftMetadata> CaptureHeaders()
    {
        var headers = new TaskCompletionSource<ThriftMetadata>(TaskCreationOptions.RunContinuationsAsynchronously);
        Service.Unary = _ =>
        {
            headers.TrySetResult(ThriftServerContext.Current!.RequestHeaders);
            return new Response();
        };
        return headers.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }

    private sealed class RecordingLog : ILoggerProvider
    {
        internal ConcurrentQueue<(string Category, int Id, string Text)> Entries { get; } = new();

        public ILogger CreateLogger(string categoryName) => new Category(this, categoryName);

        public void Dispose()
        {
        }

        private sealed class Category(RecordingLog log, string name) : ILogger
        {
            public IDisposable? BeginScope<TState>(TState state)
                where TState : notnull => null;

            public bool IsEnabled(LogLevel logLevel) => true;

            public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
                => log.Entries.Enqueue((name, eventId.Id, formatter(state, exception)));
        }
    }
}
