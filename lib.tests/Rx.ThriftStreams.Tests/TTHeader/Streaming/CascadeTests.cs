using Demo.Echo;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Tests.TTHeader.Streaming;

/// <summary>A cancellation is forwarded to the calls that a handler made, with its number, its text and the services it passed through.</summary>
public sealed class CascadeTests : IAsyncDisposable
{
    private readonly ScriptedStreamingServer _downstream = new();
    private readonly ThriftChannel _channel;
    private readonly ProgramService _service = new();
    private readonly StreamingHost _host;
    private ThriftDuplexStreamingCall<Request, Response>? _held;

    public CascadeTests()
    {
        _channel = PatientChannel.ForAddress(_downstream.Address, new() { ServiceName = "B", Resilience = { ConnectTimeout = Waits.Limit } });
        _host = new StreamingHost(_service);
    }

    public async ValueTask DisposeAsync()
    {
        await (_held?.DisposeAsync() ?? default);
        await _channel.DisposeAsync();
        await _downstream.DisposeAsync();
        await _host.DisposeAsync();
    }

    [Fact]
    public async Task Reset_FromUpstream_GoesOnWithItsPath()
    {
        var (upstream, downstream, id) = await CallThroughAsync();
        await upstream.SendAsync(FramePeer.Frame(TTHeaderFrameType.Rst, 1, pairs: [("ttscp", "A")], payload: FramePeer.Exception("gave up", 12007)));

        var reset = await downstream.ExpectAsync(TTHeaderFrameType.Rst, id);
        Assert.Equal("A,B", reset.Pairs["ttscp"]);
        Assert.Equal((12007, "gave up"), ((int)reset.Error.Type, reset.Error.Message));
    }

    [Fact]
    public async Task ConnectionLost_Upstream_GoesOnAs12013()
    {
        var (upstream, downstream, id) = await CallThroughAsync();
        await upstream.Pipe.Output.CompleteAsync();

        var reset = await downstream.ExpectAsync(TTHeaderFrameType.Rst, id);
        Assert.Equal("B", reset.Pairs["ttscp"]);
        Assert.Equal(12013, (int)reset.Error.Type);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task Reset_HandlerGivesItsCallUpByItself_GoesOnAllTheSame(bool passesToken, bool disposes)
    {
        ThriftDuplexStreamingCall<Request, Response>? held = null;
        var (upstream, downstream, id) = await CallThroughAsync(async token =>
        {
            var call = held = await new TestServiceClient(_channel).OpenEchoAsync(cancellationToken: passesToken ? token : default);
            try
            {
                await Task.Delay(Timeout.Infinite, token);
            }
            finally
            {
                if (disposes)
                {
                    await call.DisposeAsync();
                }
            }
        });
        await upstream.SendAsync(FramePeer.Frame(TTHeaderFrameType.Rst, 1, pairs: [("ttscp", "A")], payload: FramePeer.Exception("gave up", 12007)));

        var reset = await downstream.ExpectAsync(TTHeaderFrameType.Rst, id);
        Assert.Equal(("A,B", 12007, "gave up"), (reset.Pairs["ttscp"], (int)reset.Error.Type, reset.Error.Message));
        GC.KeepAlive(held);
    }

    [Fact]
    public async Task HandlerReturns_CallLeftRunning_GoesOnAs12012()
    {
        _service.OnCall = _ => OpenAsync();
        var (upstream, _) = _host.Connect();
        await upstream.SendAsync(FramePeer.Header(1), FramePeer.Trailer(1));
        var downstream = await _downstream.AcceptAsync();
        var id = (await downstream.ExpectAsync(TTHeaderFrameType.Header)).Id;
        await upstream.ExpectAsync(TTHeaderFrameType.Header);
        await upstream.ExpectAsync(TTHeaderFrameType.Trailer);

        var reset = await downstream.ExpectAsync(TTHeaderFrameType.Rst, id);
        Assert.Equal((12012, "canceled by business handler returning"), ((int)reset.Error.Type, reset.Error.Message));
    }

    [Fact]
    public async Task Deadline_OfTheCaller_GoesOn()
    {
        _service.OnCall = _ => OpenAsync();
        var (upstream, _) = _host.Connect();
        await upstream.SendAsync(FramePeer.Header(1, more: ("rx-timeout", "3600000")));
        var downstream = await _downstream.AcceptAsync();

        var header = await downstream.ExpectAsync(TTHeaderFrameType.Header);
        Assert.InRange(int.Parse(header.Pairs["rx-timeout"], System.Globalization.CultureInfo.InvariantCulture), 1, 3600000);
    }

    /// <summary>Makes the call and leaves it running. It is held: a call that is collected is cancelled.</summary>
    private async Task OpenAsync() => _held = await new TestServiceClient(_channel).OpenEchoAsync();

    private Task<(FramePeer Upstream, FramePeer Downstream, int Id)> CallThroughAsync() => CallThroughAsync(async token =>
    {
        await OpenAsync();
        await Task.Delay(Timeout.Infinite, token);
    });

    private async Task<(FramePeer Upstream, FramePeer Downstream, int Id)> CallThroughAsync(Func<CancellationToken, Task> handler)
    {
        _service.OnCall = handler;
        var (upstream, _) = _host.Connect();
        await upstream.SendAsync(FramePeer.Header(1));
        var downstream = await _downstream.AcceptAsync();
        return (upstream, downstream, (await downstream.ExpectAsync(TTHeaderFrameType.Header)).Id);
    }
}
