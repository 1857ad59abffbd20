using Demo.Echo;
using Microsoft.Extensions.Time.Testing;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Transports.TTHeaderStreaming;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Tests.TTHeader.Streaming;

/// <summary>A stream on its client: each way to end it says so once to the server, to the receiver, to the sender and to the connection.</summary>
public sealed class ClientFrameStreamTests
{
    private const int Memory = 1024 * 1024;
    private static readonly Request s_request = new() { Message = "x" };

    private readonly ClientFrameConnection _connection;
    private readonly FramePeer _server;
    private readonly ClientFrameStream _stream;
    private readonly int _id;
    private int _freed;

    public ClientFrameStreamTests()
    {
        var (ours, theirs) = PipeEnd.CreatePair();
        var limits = new StreamLimits(new(), new(1000, null, 100), Memory);
        _connection = new(theirs, theirs, "server:1", limits, "lab.client", new FakeTimeProvider(), static _ => default, _ => _freed++);
        _server = new(ours);
        _stream = Open();
        _id = _stream.Id;
        _connection.Start();
    }

    [Fact]
    public async Task CloseSend_Twice_SendsOneTrailer()
    {
        _stream.CloseSend();
        _stream.CloseSend();

        await ExpectHeaderAsync();
        await _server.ExpectAsync(TTHeaderFrameType.Trailer, _id);
        await ExpectNothingMoreAsync();
        Assert.Equal(0, _freed);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Abort_Twice_ResetsOnceAndEndsADirectionThatWasOpen(bool closed)
    {
        await ReceiveAsync(Data("before"));
        if (closed)
        {
            _stream.CloseSend();
        }

        var reason = new OperationCanceledException();

        _stream.Abort(reason);
        _stream.Abort(new FormatException());
        _stream.CloseSend();

        await ExpectHeaderAsync();
        if (closed)
        {
            await _server.ExpectAsync(TTHeaderFrameType.Trailer, _id);
        }

        var reset = await _server.ExpectAsync(TTHeaderFrameType.Rst, _id);
        Assert.Equal((TTStreamCodes.CanceledByUser, "lab.client"), ((int)reset.Error.Type, reset.Pairs["ttscp"]));
        if (!closed)
        {
            await _server.ExpectAsync(TTHeaderFrameType.Trailer, _id);
        }

        await ExpectNothingMoreAsync();
        Assert.Same(reason, Assert.Throws<OperationCanceledException>(() => _stream.Inbox.TryReceive<Response>(out _, out _)));
        Assert.Same(reason, await Record.ExceptionAsync(() => _stream.Outbox.SendAsync(s_request, default).AsTask()));
        await AssertEndedAsync();
    }

    [Fact]
    public async Task Trailer_EndsTheStreamAfterItsMessages_AndIsAnswered()
    {
        await _server.SendAsync(Data("last"), FramePeer.Trailer(_id, "Echo", ("x-t", "v")));

        await ExpectHeaderAsync();
        await _server.ExpectAsync(TTHeaderFrameType.Trailer, _id);
        await WhenEndedAsync();
        await ReceiveOneAsync();
        Assert.False(await _stream.Inbox.WaitToReceiveAsync(default).Soon());
        Assert.Equal("v", _stream.Trailers["x-t"]);
        var error = await Assert.ThrowsAnyAsync<ThriftException>(() => _stream.Outbox.SendAsync(s_request, default).AsTask());
        Assert.Equal((TTStreamCodes.IllegalOperation, "stream is closed send", false), (error.Kitex!.Code, error.Kitex.Text, error.Kitex.IsServerSide));
        _stream.Abort(new OperationCanceledException());
        _connection.Close(_connection.Lost(cause: null));
        Assert.False(await _stream.Inbox.WaitToReceiveAsync(default).Soon());
        await AssertEndedAsync();
    }

    [Fact]
    public async Task Trailer_WithAnError_EndsBothDirectionsWithIt()
    {
        await _server.SendAsync(FramePeer.Frame(TTHeaderFrameType.Trailer, _id, payload: FramePeer.Exception("boom", 6)));
        await WhenEndedAsync();

        var received = await Assert.ThrowsAnyAsync<ThriftException>(() => _stream.Inbox.WaitToReceiveAsync(default).Soon());
        Assert.Equal(("boom", false), (received.Kitex!.Text, received.Kitex.IsServerSide));
        Assert.Equal("boom", (await Assert.ThrowsAnyAsync<ThriftException>(() => _stream.Outbox.SendAsync(s_request, default).AsTask())).Kitex!.Text);
    }

    [Fact]
    public async Task Reset_EndsTheStreamAfterItsMessages_AndIsAnsweredByATrailer()
    {
        await _server.SendAsync(Data("last"), FramePeer.Frame(TTHeaderFrameType.Rst, _id, payload: FramePeer.Exception("gave up", 12010)));

        await ExpectHeaderAsync();
        await _server.ExpectAsync(TTHeaderFrameType.Trailer, _id);
        await WhenEndedAsync();
        await ReceiveOneAsync();
        var error = await Assert.ThrowsAnyAsync<ThriftException>(() => _stream.Inbox.WaitToReceiveAsync(default).Soon());
        Assert.Equal((12010, false), (error.Kitex!.Code, error.Kitex.IsServerSide));
        Assert.Equal(12010, (await Assert.ThrowsAnyAsync<ThriftException>(() => _stream.Outbox.SendAsync(s_request, default).AsTask())).Kitex!.Code);
        await ExpectNothingMoreAsync();
        await AssertEndedAsync();
    }

    [Fact]
    public async Task Message_ThatCannotBeAccepted_IsRefusedAfterThoseBefore()
    {
        await _server.SendAsync(Data("last"), Data(new string('x', 2000)));

        await ExpectHeaderAsync();
        var reset = await _server.ExpectAsync(TTHeaderFrameType.Rst, _id);
        Assert.Equal((TTStreamCodes.InternalCanceled, "lab.client"), ((int)reset.Error.Type, reset.Pairs["ttscp"]));
        Assert.Contains("1000", reset.Error.Message, StringComparison.Ordinal);
        await _server.ExpectAsync(TTHeaderFrameType.Trailer, _id);
        await WhenEndedAsync();
        await ReceiveOneAsync();
        var error = await Assert.ThrowsAsync<ThriftStatusException>(() => _stream.Inbox.WaitToReceiveAsync(default).Soon());
        Assert.Same(error, await Record.ExceptionAsync(() => _stream.Outbox.SendAsync(s_request, default).AsTask()));
        await ExpectNothingMoreAsync();
        await AssertEndedAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Pairs_WithoutRoomForThem_GiveTheStreamUp(bool header)
    {
        await ReceiveAsync(Data("before"));
        _connection.Memory.Take(Memory - _connection.Memory.Used);

        await _server.SendAsync(header
            ? FramePeer.Frame(TTHeaderFrameType.Header, _id, pairs: [("x", "y")])
            : FramePeer.Trailer(_id, "Echo", ("x", "y")));

        await WhenEndedAsync();
        var error = await Record.ExceptionAsync(async () =>
        {
            while (_stream.Inbox.TryReceive<Response>(out _, out _) || await _stream.Inbox.WaitToReceiveAsync(default))
            {
            }
        });
        Assert.Equal(ThriftStatusCode.ResourceExhausted, Assert.IsType<ThriftStatusException>(error).StatusCode);
        Assert.Contains("headers or trailers", error.Message, StringComparison.Ordinal);
        Assert.Empty(_stream.Trailers);
        await ExpectHeaderAsync();
        if (header)
        {
            Assert.Contains("headers or trailers", (await _server.ExpectAsync(TTHeaderFrameType.Rst, _id)).Error.Message, StringComparison.Ordinal);
        }

        await _server.ExpectAsync(TTHeaderFrameType.Trailer, _id);
        await ExpectNothingMoreAsync();
        await AssertEndedAsync();
    }

    [Fact]
    public async Task Pairs_AreChargedUntilTheStreamIsReleased_AndReturnedOnce()
    {
        await _server.SendAsync(
            FramePeer.Frame(TTHeaderFrameType.Header, _id, pairs: [("x", "y")]), Data("unread"), FramePeer.Trailer(_id, "Echo", ("x", "y")));
        await WhenEndedAsync();
        Assert.Equal("y", (await _stream.Headers.Soon())["x"]);
        var held = 2 * (160 + (2 * 2));
        Assert.InRange(_connection.Memory.Used, held + StreamLimits.MessageOverhead + 1, held + 100);

        _stream.Release();
        Assert.Equal(0, _connection.Memory.Used);
        _stream.Release();

        Assert.Equal(0, _connection.Memory.Used);
        Assert.Throws<ObjectDisposedException>(() => _stream.Inbox.TryReceive<Response>(out _, out _));
    }

    [Fact]
    public async Task Header_Twice_IsAnErrorOfTheConnection()
    {
        var header = FramePeer.Frame(TTHeaderFrameType.Header, _id);
        await _server.SendAsync(header, header);

        await WhenEndedAsync();
        var error = await Assert.ThrowsAnyAsync<ThriftException>(() => _stream.Inbox.WaitToReceiveAsync(default).Soon());
        Assert.Equal((TTStreamCodes.UnexpectedHeader, $"stream[{_id}] already set header", false), (error.Kitex!.Code, error.Kitex.Text, error.Kitex.IsServerSide));
        Assert.True(_connection.IsClosed);
    }

    [Fact]
    public async Task Connection_Lost_EndsTheStreamAfterItsMessages()
    {
        await ReceiveAsync(Data("last"));

        _connection.Close(_connection.Lost(new IOException("cut")));

        await ReceiveOneAsync();
        Assert.Equal("connection lost: cut", (await Assert.ThrowsAnyAsync<ThriftException>(() => _stream.Inbox.WaitToReceiveAsync(default).Soon())).Kitex!.Text);
        Assert.Equal("connection lost: cut", (await Assert.ThrowsAnyAsync<ThriftException>(() => _stream.Outbox.SendAsync(s_request, default).AsTask())).Kitex!.Text);
        _stream.Abort(new OperationCanceledException());
        await AssertEndedAsync();
    }

    [Fact]
    public async Task Window_OfTheServer_IsKeptOnceItIsKnown()
    {
        Assert.False(_stream.PeerKeepsWindow);

        await _server.SendAsync(FramePeer.Frame(TTHeaderFrameType.Meta, _id, pairs: [("rx-window", "5000")]));
        await Waits.Until(() => _stream.Outbox.Credit == 5000);

        Assert.True(_stream.PeerKeepsWindow);
        Assert.Equal(5000, Open().Outbox.Credit);
    }

    private ClientFrameStream Open() => _connection.Open(
        ScriptedTransport.Method(ThriftStreamingMode.Bidirectional), new("Echo"), new ClientCallStart(new(), TimeProvider.System, limit: null, headers: null, metaInfo: null));

    private byte[] Data(string text) => FramePeer.Data(_id, text);

    private async Task ReceiveAsync(byte[] frame)
    {
        await _server.SendAsync(frame);
        await Waits.Until(() => _stream.Inbox.QueuedBytes > 0);
    }

    /// <summary>The server may hear of the end before both directions know it.</summary>
    private Task WhenEndedAsync() => Waits.Until(() => Volatile.Read(ref _freed) == 1);

    private async Task ReceiveOneAsync()
    {
        while (!_stream.Inbox.TryReceive<Response>(out _, out _))
        {
            Assert.True(await _stream.Inbox.WaitToReceiveAsync(default).Soon());
        }
    }

    private async Task ExpectHeaderAsync() => await _server.ExpectAsync(TTHeaderFrameType.Header, _id);

    private async Task ExpectNothingMoreAsync()
    {
        _connection.Writer.AppendControl(FramePeer.Trailer(int.MaxValue));
        await _server.ExpectAsync(TTHeaderFrameType.Trailer, int.MaxValue);
    }

    private async Task AssertEndedAsync()
    {
        Assert.Equal((1, 0), (_freed, _connection.StreamCount));
        Assert.Empty(await _stream.Headers.Soon());
    }
}
