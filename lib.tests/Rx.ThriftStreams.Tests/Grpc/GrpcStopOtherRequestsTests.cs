using Demo.Echo;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.Tests.Recordings;

namespace Rx.ThriftStreams.Tests.Grpc;

/// <summary>Requests of the application that share an HTTP/2 connection with Thrift calls, when the server stops.</summary>
public sealed class GrpcStopOtherRequestsTests : IAsyncLifetime
{
    private readonly FakeTimeProvider _clock = new();
    private readonly GateService _gate = new();
    private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private WebApplication _application = null!;
    private RawHttp2Client _client = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _application = await ThriftApplication.StartAsync(
            static listen => listen.UseThriftStreams(),
            application =>
            {
                application.MapThriftService<ITestService>(_gate);
                application.MapThriftJson<ITestService>();
                application.MapGet("/slow", async (HttpContext http) =>
                {
                    _entered.SetResult();
                    await _open.Task.WaitAsync(http.RequestAborted);
                });
            },
            services => services.Configure<ThriftServerOptions>(options => options.TimeProvider = _clock));
        _client = await RawHttp2Client.ConnectAsync(_application.Endpoint());
    }

    public async ValueTask DisposeAsync()
    {
        _gate.Open();
        _open.TrySetResult();
        _client.Dispose();
        await _application.DisposeAsync();
    }

    [Fact]
    public async Task Stop_OtherRequestOutlivesTheShutdownTimeout_IsAnswered()
    {
        await GetSlowAsync(1);
        var stopping = _application.StopAsync(Token);
        Assert.Equal((Http2FrameType.GoAway, 0, false, int.MaxValue), await ReadAdvancingAsync());

        _clock.Advance(TimeSpan.FromSeconds(5));
        _clock.Advance(TimeSpan.FromSeconds(2));
        _open.SetResult();

        Assert.Equal((Http2FrameType.Headers, 1), await ReadAnswerAsync());
        _client.Dispose();
        await stopping.Soon();
    }

    [Fact]
    public async Task Stop_CallBesideAnotherRequest_IsCutOffAlone()
    {
        await _client.CallAsync(1, "gate");
        await _gate.Entered.Soon();
        await GetSlowAsync(3);
        var stopping = _application.StopAsync(Token);
        Assert.Equal((Http2FrameType.GoAway, 0, false, int.MaxValue), await _client.ReadAsync());

        _clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal((Http2FrameType.RstStream, 1, false, 1000), await _client.ReadAsync());
        await _gate.Cancelled.Soon();
        _clock.Advance(TimeSpan.FromSeconds(2));

        // A call that comes now, from a client that does not heed GOAWAY, would be the only one that the stop does not end.
        await _client.CallAsync(5, "too late");
        Assert.Equal((Http2FrameType.RstStream, 5, false, 1000), await _client.ReadAsync());
        _open.SetResult();

        Assert.Equal((Http2FrameType.Headers, 3), await ReadAnswerAsync());
        _client.Dispose();
        await stopping.Soon();
    }

    [Fact]
    public async Task Stop_CallInJsonOutlivesTheShutdownTimeout_HasAnAnswer()
    {
        await _client.SendAsync([
            .. Http2Wire.Headers(
                1,
                endStream: false,
                [
                    (":method", "POST"),
                    (":scheme", "http"),
                    (":path", "/api/echo.TestService/EchoPingPong"),
                    (":authority", "test"),
                    ("content-type", "application/json"),
                ]),
            .. Http2Wire.Frame(Http2FrameType.Data, 1, 1, """{"message":"gate"}"""u8.ToArray()),
        ]);
        await _gate.Entered.Soon();
        var stopping = _application.StopAsync(Token);
        Assert.Equal((Http2FrameType.GoAway, 0, false, int.MaxValue), await ReadAdvancingAsync());

        // The call and its connection are cut off by the same step of the clock. A second later the call would be aborted.
        _clock.Advance(TimeSpan.FromSeconds(5));

        await _gate.Cancelled.Soon();
        Assert.Equal((Http2FrameType.Headers, 1), await ReadAnswerAsync());
        Assert.Equal((Http2FrameType.Data, 1), await ReadAnswerAsync());
        _client.Dispose();
        await stopping.Soon();
    }

    private async Task GetSlowAsync(int stream)
    {
        await _client.SendAsync(Http2Wire.Headers(stream, endStream: true, [(":method", "GET"), (":scheme", "http"), (":path", "/slow"), (":authority", "test")]));
        await _entered.Task.Soon();
    }

    private async Task<(Http2FrameType Type, int Stream)> ReadAnswerAsync() => await _client.ReadAsync() is { } frame ? (frame.Type, frame.Stream) : default;

    /// <summary>The next frame, while time passes slowly.</summary>
    private async Task<(Http2FrameType Type, int Stream, bool Ends, long Value)?> ReadAdvancingAsync()
    {
        var reading = _client.ReadAsync();
        await AdvanceUntilAsync(() => reading.IsCompleted, TimeSpan.FromMilliseconds(0.01));
        return await reading;
    }

    private async Task AdvanceUntilAsync(Func<bool> condition, TimeSpan step)
    {
        using var patience = new CancellationTokenSource(Waits.Limit);
        while (!condition())
        {
            patience.Token.ThrowIfCancellationRequested();
            _clock.Advance(step);
            await Task.Yield();
        }
    }
}
