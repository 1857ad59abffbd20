using Microsoft.Extensions.Time.Testing;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Tests.TTHeader.Streaming;

/// <summary>What callers of streams see, frame by frame, when a server stops.</summary>
public sealed class StopTests : IAsyncDisposable
{
    private readonly FakeTimeProvider _clock = new();
    private readonly ProgramService _service = new();
    private readonly StreamingHost _host;

    public StopTests() => _host = new StreamingHost(_service, options => options.TimeProvider = _clock);

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task Stop_StreamsThatArriveWithinTheGrace_AreServed()
    {
        var (client, served) = _host.Connect();
        await client.SendAsync(FramePeer.Header(1), FramePeer.Data(1, "before"), FramePeer.Trailer(1));
        _host.Stop();
        await client.SendAsync(FramePeer.Header(2), FramePeer.Data(2, "on its way"), FramePeer.Trailer(2));

        Dictionary<int, string?> texts = [];
        for (var ended = 0; ended < 2;)
        {
            var frame = await client.ReadAsync();
            Assert.NotNull(frame);
            ended += frame.Type == TTHeaderFrameType.Trailer ? 1 : 0;
            if (frame.Type == TTHeaderFrameType.Data)
            {
                texts[frame.Id] = frame.Text;
            }

            if (frame.Type == TTHeaderFrameType.Trailer)
            {
                Assert.Empty(frame.Payload);
            }
        }

        Assert.Equal(("before", "on its way"), (texts[1], texts[2]));
        Assert.False(served.IsCompleted);
        _clock.Advance(TimeSpan.FromMilliseconds(100));
        await client.ExpectClosedAsync();
        await served.Soon();
    }

    [Fact]
    public async Task Stop_PeerKnowsFlowControl_IsAskedToLeave()
    {
        var (client, served) = _host.Connect();
        await client.SendAsync(FramePeer.Header(1, more: ("rx-window", "100000")), FramePeer.Data(1, "x"));
        Assert.True((await client.ExpectAsync(TTHeaderFrameType.Meta, 1)).Pairs.ContainsKey("rx-window"));
        await client.ExpectAsync(TTHeaderFrameType.Header, 1);
        await client.ExpectAsync(TTHeaderFrameType.Data, 1);

        _host.Stop();

        Assert.Equal("1", (await client.ExpectAsync(TTHeaderFrameType.Meta, 0)).Pairs["crrst"]);
        await client.SendAsync(FramePeer.Trailer(1));
        await client.ExpectAsync(TTHeaderFrameType.Trailer, 1);
        _clock.Advance(TimeSpan.FromMilliseconds(100));
        await client.ExpectClosedAsync();
        await served.Soon();
    }

    [Fact]
    public async Task Stop_StreamOutlivesTheShutdownTimeout_IsCancelledAndEndsWithUnavailable()
    {
        var (client, served) = _host.Connect();
        await client.SendAsync(FramePeer.Header(1), FramePeer.Data(1, "x"));
        await client.ExpectAsync(TTHeaderFrameType.Header, 1);
        await client.ExpectAsync(TTHeaderFrameType.Data, 1);
        var context = _service.Context!;
        var cancelled = context.CancellationToken.Cancelled();

        _host.Stop();
        _clock.Advance(TimeSpan.FromSeconds(4.9));
        Assert.False(cancelled.IsCompleted);
        _clock.Advance(TimeSpan.FromSeconds(0.1));
        await cancelled.Soon();

        Assert.Equal((ThriftStatusCode.Unavailable, 12006), (context.CancellationReason!.StatusCode, context.CancellationReason.Kitex!.Code));
        Assert.Contains("code=12006", (await client.ExpectAsync(TTHeaderFrameType.Trailer, 1)).Error.Message, StringComparison.Ordinal);
        await client.ExpectClosedAsync();
        await served.Soon();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Id_UsedAgainWhileItsFirstCallEnds_CarriesNothingOfTheFirst(bool resets)
    {
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var first = 0;
        CancellationToken token = default;
        _service.OnCall = async cancellationToken =>
        {
            if (Interlocked.Increment(ref first) == 1)
            {
                token = cancellationToken;
                entered.SetResult();
                await _service.Gate.Task;
                cancellationToken.ThrowIfCancellationRequested();
            }
        };
        var (client, _, connection, _) = _host.ConnectInside();
        await client.SendAsync(FramePeer.Header(1));
        await entered.Task.Soon();

        if (resets)
        {
            await client.SendAsync(FramePeer.Frame(TTHeaderFrameType.Rst, 1, payload: FramePeer.Exception("gone", 12007)));
        }

        await client.SendAsync(FramePeer.Header(1), FramePeer.Data(1, "second"));
        await token.Cancelled().Soon();
        await client.ExpectAsync(TTHeaderFrameType.Header, 1);
        Assert.Equal("second", (await client.ExpectAsync(TTHeaderFrameType.Data, 1)).Text);
        _service.Gate.SetResult();
        await Waits.Until(() => connection.RunningCount == 1);
        await client.SendAsync(FramePeer.Data(1, "third"), FramePeer.Trailer(1));

        Assert.Equal("third", (await client.ExpectAsync(TTHeaderFrameType.Data, 1)).Text);
        Assert.Empty((await client.ExpectAsync(TTHeaderFrameType.Trailer, 1)).Payload);
        await client.Pipe.Output.CompleteAsync();
    }
    [Fact]
    public async Task Age_IsReached_PeerIsAskedToLeaveAndTheConnectionEndsWhenItIsIdle()
    {
        await using var host = new StreamingHost(configure: options =>
        {
            options.TimeProvider = _clock;
            options.Limits.MaxConnectionAge = TimeSpan.FromHours(1);
            options.Limits.ConnectionIdleTimeout = Timeout.InfiniteTimeSpan;
        });
        var (client, served) = host.Connect();
        await client.SendAsync(FramePeer.Header(1, "Echo", "TestService", ("rx-window", "65536")), FramePeer.Data(1, "x"));
        await UntilAsync(client, static frame => frame.Type == TTHeaderFrameType.Data);

        // The age varies by a tenth: nothing before 54 min, and everything after 66.
        AdvanceMinutes(53);
        await client.SendAsync(FramePeer.Data(1, "y"));
        Assert.Equal("y", (await UntilAsync(client, static frame => frame.Type == TTHeaderFrameType.Data)).Text);
        AdvanceMinutes(14);
        Assert.Equal("1", (await UntilAsync(client, static frame => frame.Pairs.ContainsKey("crrst"))).Pairs["crrst"]);

        // What runs continues for as long as it likes.
        AdvanceMinutes(60);
        await client.SendAsync(FramePeer.Data(1, "z"));
        Assert.Equal("z", (await UntilAsync(client, static frame => frame.Type == TTHeaderFrameType.Data)).Text);
        await client.SendAsync(FramePeer.Trailer(1));
        await UntilAsync(client, static frame => frame.Type == TTHeaderFrameType.Trailer);
        await served.Soon();
        await client.ExpectClosedAsync();
    }

    /// <summary>The next frame of that kind. None before it asks the client to leave.</summary>
    private static async Task<SeenFrame> UntilAsync(FramePeer client, Func<SeenFrame, bool> condition)
    {
        while (true)
        {
            var frame = await client.ReadAsync();
            Assert.NotNull(frame);
            if (condition(frame))
            {
                return frame;
            }

            Assert.DoesNotContain("crrst", frame.Pairs.Keys);
        }
    }

    private void AdvanceMinutes(int minutes)
    {
        for (var i = 0; i < minutes; i++)
        {
            _clock.Advance(TimeSpan.FromMinutes(1));
        }
    }
}
