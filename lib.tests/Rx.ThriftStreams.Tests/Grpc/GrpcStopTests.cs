using Demo.Echo;
using Microsoft.Extensions.Time.Testing;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.Tests.Recordings;

namespace Rx.ThriftStreams.Tests.Grpc;

/// <summary>What HTTP/2 clients see, frame by frame, when a server stops or a connection has reached its age.</summary>
public sealed class GrpcStopTests : IAsyncLifetime
{
    private const long AnyStream = int.MaxValue;

    private readonly FakeTimeProvider _clock = new();
    private readonly GateService _gate = new();
    private ThriftServer _server = null!;
    private RawHttp2Client _client = null!;
    private ThriftServerContext? _context;
    private int _left;

    public async ValueTask InitializeAsync()
    {
        _server = await ThriftServer.StartAsync("127.0.0.1:0", server => server.AddService<ITestService>(_gate).Configure(options =>
        {
            options.TimeProvider = _clock;
            options.Limits.MaxConnectionAge = TimeSpan.FromHours(1);
            options.StreamMiddleware.Add(async (context, next) =>
            {
                _context = context;
                await next();
                Interlocked.Increment(ref _left);
            });
        }));
        _client = await RawHttp2Client.ConnectAsync(_server.Endpoint);
    }

    public async ValueTask DisposeAsync()
    {
        _gate.Open();
        _client.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Stop_LastCallCompletesAtOnce_RequestsOnTheirWayAreStillServed()
    {
        await _client.CallAsync(1, "gate");
        await _gate.Entered.Soon();

        var stopping = _server.StopAsync(TestContext.Current.CancellationToken);
        Assert.Equal((Http2FrameType.GoAway, AnyStream), await ReadEndingAsync());
        Assert.True(_context!.Stopping.IsCancellationRequested);
        _gate.Open();
        await Waits.Until(() => _left == 1);

        // Sent before the GOAWAY was seen, as far as the server can know.
        await _client.CallAsync(3, "on its way");
        await ReadAnswerAsync(3);
        Assert.False(stopping.IsCompleted);

        _clock.Advance(TimeSpan.FromMilliseconds(100));
        await ReadAnswerAsync(1);
        await EndAsync(stopping);
    }

    [Fact]
    public async Task Stop_ConnectionIsIdle_CallWithinTheGraceIsServed()
    {
        await _client.CallAsync(1, "first");
        await ReadAnswerAsync(1);

        var stopping = _server.StopAsync(TestContext.Current.CancellationToken);
        await Waits.Until(() => _context!.Stopping.IsCancellationRequested);
        await _client.CallAsync(3, "second");

        // The call may be there before the connection begins to drain. Otherwise it is the one during which Kestrel announces the end.
        var first = await _client.ReadAsync();
        if (first is { Type: Http2FrameType.GoAway })
        {
            Assert.Equal(AnyStream, first.Value.Value);
            await Waits.Until(() => _left == 2);
            _clock.Advance(TimeSpan.FromMilliseconds(100));
            first = await _client.ReadAsync();
        }

        Assert.Equal((Http2FrameType.Headers, 3, false, 0), first);
        Assert.Equal((Http2FrameType.Data, 3, false, 0), await _client.ReadAsync());
        Assert.Equal((Http2FrameType.Headers, 3, true, 0), await _client.ReadAsync());
        await EndAsync(stopping);
    }

    [Fact]
    public async Task Stop_CallerIsInAHurry_IsNotKeptWaiting()
    {
        await _client.CallAsync(1, "gate", ("grpc-timeout", "150m"));
        await _gate.Entered.Soon();

        var stopping = _server.StopAsync(TestContext.Current.CancellationToken);
        Assert.Equal((Http2FrameType.GoAway, AnyStream), await ReadEndingAsync());
        _gate.Open();

        await ReadAnswerAsync(1);
        await EndAsync(stopping);
    }

    [Fact]
    public async Task Stop_HandlerOutlivesTheShutdownTimeout_IsCancelledAndItsStreamResetAsByKitex()
    {
        await _client.CallAsync(1, "gate");
        await _gate.Entered.Soon();

        var stopping = _server.StopAsync(TestContext.Current.CancellationToken);
        Assert.Equal((Http2FrameType.GoAway, AnyStream), await ReadEndingAsync());
        _clock.Advance(TimeSpan.FromSeconds(4.9));
        Assert.False(_gate.Cancelled.IsCompleted);
        _clock.Advance(TimeSpan.FromSeconds(0.1));

        Assert.Equal((Http2FrameType.RstStream, 1, false, 1000), await _client.ReadAsync());
        await _gate.Cancelled.Soon();
        Assert.Equal(ThriftStatusCode.Unavailable, _context!.CancellationReason!.StatusCode);
        Assert.Contains("graceful shutdown", _context.CancellationReason.Message, StringComparison.Ordinal);
        await EndAsync(stopping);
    }

    [Fact]
    public async Task Stop_HandlerOutlivesTheShutdownTimeout_ClientGetsUnavailable()
    {
        await using var channel = PatientChannel.ForAddress($"grpc://{_server.Endpoint}");
        var call = new TestServiceClient(channel).EchoPingPongAsync(new() { Message = "gate" }, TestContext.Current.CancellationToken);
        await _gate.Entered.Soon();

        var stopping = _server.StopAsync(TestContext.Current.CancellationToken);
        await AdvanceUntilAsync(() => call.IsCompleted);

        var error = await Assert.ThrowsAnyAsync<ThriftException>(() => call);
        Assert.Equal(ThriftStatusCode.Unavailable, error.StatusCode);
        await stopping.Soon();
    }

    [Fact]
    public async Task Age_IsReached_ConnectionSaysGoAwayAndItsCallsRunOn()
    {
        await _client.CallAsync(1, "gate");
        await _gate.Entered.Soon();
        for (var i = 0; i < 53; i++)
        {
            _clock.Advance(TimeSpan.FromMinutes(1));
        }

        await _client.CallAsync(3, "young enough");
        await ReadAnswerAsync(3);
        for (var i = 0; i < 14; i++)
        {
            _clock.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.Equal((Http2FrameType.GoAway, AnyStream), await ReadEndingAsync());
        Assert.False(_gate.Cancelled.IsCompleted);
        _gate.Open();
        await ReadAnswerAsync(1);
    }

    [Fact]
    public async Task Stop_ConnectionStaysIdle_EndsWithTheGrace()
    {
        await _client.CallAsync(1, "first");
        await ReadAnswerAsync(1);

        var stopping = _server.StopAsync(TestContext.Current.CancellationToken);

        Assert.Equal((Http2FrameType.GoAway, 0, false, 1), await ReadAdvancingAsync());
        Assert.Null(await _client.ReadAsync());
        await stopping.Soon();
    }

    [Fact]
    public async Task Stop_PeerDoesNotCloseItsConnection_IsCutOffAfterTheShutdownTimeout()
    {
        await _client.CallAsync(1, "gate");
        await _gate.Entered.Soon();
        var stopping = _server.StopAsync(TestContext.Current.CancellationToken);
        Assert.Equal((Http2FrameType.GoAway, AnyStream), await ReadEndingAsync());
        _gate.Open();
        _clock.Advance(TimeSpan.FromMilliseconds(100));
        await ReadAnswerAsync(1);

        // The host would give up after 30 s.
        await AdvanceUntilAsync(() => stopping.IsCompleted).WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
    }

    private async Task<(Http2FrameType Type, long Value)> ReadEndingAsync() => await _client.ReadAsync() is { } frame ? (frame.Type, frame.Value) : default;

    /// <summary>Does what clients do when their last call on a connection that says GOAWAY has ended.</summary>
    private async Task EndAsync(Task stopping)
    {
        _client.Dispose();
        await stopping.Soon();
    }

    private async Task ReadAnswerAsync(int stream)
    {
        Assert.Equal((Http2FrameType.Headers, stream, false, 0), await _client.ReadAsync());
        Assert.Equal((Http2FrameType.Data, stream, false, 0), await _client.ReadAsync());
        Assert.Equal((Http2FrameType.Headers, stream, true, 0), await _client.ReadAsync());
    }

    /// <summary>The next frame, while time passes slowly.</summary>
    private async Task<(Http2FrameType Type, int Stream, bool Ends, long Value)?> ReadAdvancingAsync()
    {
        var reading = _client.ReadAsync();
        await AdvanceUntilAsync(() => reading.IsCompleted, TimeSpan.FromMilliseconds(0.01));
        return await reading;
    }

    private async Task AdvanceUntilAsync(Func<bool> condition, TimeSpan? step = null)
    {
        using var patience = new CancellationTokenSource(Waits.Limit);
        while (!condition())
        {
            patience.Token.ThrowIfCancellationRequested();
            _clock.Advance(step ?? TimeSpan.FromSeconds(1));
            await Task.Yield();
        }
    }
}
