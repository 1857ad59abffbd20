using Demo.Echo;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Transports.TTHeaderStreaming;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Tests.TTHeader.Streaming;

/// <summary>A stream's receiving direction: what waits is counted, what is consumed is granted, and an end comes after what was there.</summary>
public sealed class StreamInboxTests
{
    private const int Size = 1000;
    private static readonly byte[] s_frame = FramePeer.Data(1, new string('x', Size));
    private static readonly int s_cost = ThriftSerializer.SerializeToArray(new Request { Message = new string('x', Size) }).Length + StreamLimits.MessageOverhead;

    [Fact]
    public async Task Consume_SecondGrant_DoesNotRepeatTheFirst()
    {
        // The window does not grow beyond StreamBytes, so each grant is what was consumed since the one before.
        var (connection, peer, _) = BareConnection.Create(streamBytes: 4 * s_cost);
        var stream = connection.Add(keepsWindow: true);
        var granted = 0;
        for (var round = 0; round < 4; round++)
        {
            await peer.SendAsync(s_frame, s_frame);
            await ReceiveAsync(stream, 2);
            granted += int.Parse((await peer.ExpectAsync(TTHeaderFrameType.Meta, 1)).Pairs["rx-credit"], System.Globalization.CultureInfo.InvariantCulture);
            Assert.Equal((round + 1) * 2 * s_cost, granted);
        }
    }

    [Fact]
    public async Task Consume_WindowBelowTheStreamsLimit_GrowsToIt()
    {
        var (connection, peer, _) = BareConnection.Create();
        var stream = connection.Add(keepsWindow: true);
        var first = stream.Inbox.Window;
        Assert.Equal(64 * 1024, first);
        long granted = 0;
        long consumed = 0;
        while (stream.Inbox.Window < 1024 * 1024)
        {
            for (var i = 0; i < 40; i++)
            {
                await peer.SendAsync(s_frame);
            }

            await ReceiveAsync(stream, 40);
            consumed += 40 * s_cost;
            granted += connection.Windows.Granted - first > granted ? connection.Windows.Granted - first - granted : 0;
            Assert.InRange(consumed, 0, 8 * 1024 * 1024);
        }

        Assert.Equal(1024 * 1024, connection.Windows.Granted);
        stream.Inbox.End(null);
        Assert.Equal(0, connection.Windows.Granted);
    }

    [Fact]
    public async Task Consume_LessThanAPortion_IsSettledWhenTheConsumerFindsNothing()
    {
        var (connection, peer, _) = BareConnection.Create();
        var stream = connection.Add();
        await peer.SendAsync(s_frame);
        await ReceiveAsync(stream, 1);
        Assert.Equal(s_cost, stream.Inbox.QueuedBytes);

        Assert.False(stream.Inbox.TryReceive<Request>(out _, out _));

        Assert.Equal(0, stream.Inbox.QueuedBytes);
        Assert.Equal(0, connection.Memory.Used);
    }

    [Fact]
    public async Task Consume_ExactlyAPortion_IsSettledAtOnce()
    {
        var (connection, peer, _) = BareConnection.Create(streamBytes: 4 * s_cost);
        var stream = connection.Add();
        await peer.SendAsync(s_frame, s_frame);
        await Waits.Until(() => stream.Inbox.QueuedBytes == 2 * s_cost);

        Assert.True(stream.Inbox.TryReceive<Request>(out _, out var size));

        Assert.Equal(s_cost - StreamLimits.MessageOverhead, size);
        Assert.Equal(s_cost, stream.Inbox.QueuedBytes);
    }

    [Fact]
    public async Task Wait_MessageArrivedSinceNothingWasFound_IsNotTakenForTheEnd()
    {
        var (connection, peer, _) = BareConnection.Create();
        var stream = connection.Add();
        Assert.False(stream.Inbox.TryReceive<Request>(out _, out _));
        await peer.SendAsync(s_frame, FramePeer.Trailer(1));
        await Waits.Until(() => stream.Inbox.QueuedBytes > 0);
        stream.Inbox.End(null);

        Assert.True(await stream.Inbox.WaitToReceiveAsync(default).Soon());
        Assert.True(stream.Inbox.TryReceive<Request>(out _, out _));
        Assert.False(stream.Inbox.TryReceive<Request>(out _, out _));
        Assert.False(await stream.Inbox.WaitToReceiveAsync(default).Soon());
    }

    [Fact]
    public async Task Wait_TokenOfTheReceiveAlone_IsWoken()
    {
        var (connection, _, _) = BareConnection.Create();
        var stream = connection.Add();
        using var cancel = new CancellationTokenSource();
        var wait = stream.Inbox.WaitToReceiveAsync(cancel.Token).AsTask();
        Assert.False(wait.IsCompleted);

        await cancel.CancelAsync();

        await Assert.ThrowsAsync<OperationCanceledException>(() => wait.Soon());
        var again = stream.Inbox.WaitToReceiveAsync(default).AsTask();
        stream.Inbox.End(null);
        Assert.True(await again.Soon());
    }

    [Fact]
    public async Task End_WithAnError_ComesAfterWhatWasThere()
    {
        var (connection, peer, _) = BareConnection.Create();
        var stream = connection.Add();
        await peer.SendAsync(s_frame, s_frame);
        await Waits.Until(() => stream.Inbox.QueuedBytes == 2 * s_cost);
        stream.Inbox.End(new ThriftProtocolException("broken"));

        await ReceiveAsync(stream, 2);

        await Assert.ThrowsAsync<ThriftProtocolException>(() => stream.Inbox.WaitToReceiveAsync(default).Soon());
    }

    [Fact]
    public async Task Fail_DropsWhatWasThere_AndReturnsItsMemory()
    {
        var (connection, peer, _) = BareConnection.Create();
        var stream = connection.Add(keepsWindow: true);
        await peer.SendAsync(s_frame, s_frame);
        await ReceiveAsync(stream, 1);

        stream.Inbox.Fail(new ThriftProtocolException("first"));
        stream.Inbox.Fail(new ThriftProtocolException("second"));

        Assert.Equal("first", Assert.Throws<ThriftProtocolException>(() => stream.Inbox.TryReceive<Request>(out _, out _)).Message);
        Assert.Equal((0L, 0L), (connection.Memory.Used, connection.Windows.Granted));
    }

    [Fact]
    public async Task Data_OneByteMessages_AreCountedWithWhatKeepingThemTakes()
    {
        // The smallest message is a STOP byte. Without the overhead a window of 1 MiB would admit a million of them.
        var (connection, peer, _) = BareConnection.Create(streamBytes: 90_000);
        connection.Add();
        var tiny = Enumerable.Repeat(FramePeer.Frame(TTHeaderFrameType.Data, 1, payload: [0]), 1000).SelectMany(bytes => bytes).ToArray();
        var sending = Task.Run(async () =>
        {
            for (var i = 0; i < 30; i++)
            {
                await peer.SendAsync(tiny);
            }
        });
        await Waits.Until(() => connection.Gate.IsClosed);

        Assert.Equal(90_009, connection.Memory.Used);
        Assert.False(sending.IsCompleted);
        connection.Close(connection.Lost(cause: null));
        await peer.Pipe.Output.CompleteAsync();
    }

    [Fact]
    public async Task Wait_WithATokenThatIsCancelled_IsCancelledThoughAMessageIsThere()
    {
        var (connection, _, _) = BareConnection.Create();
        var stream = connection.Add();
        Queue(stream);

        await Assert.ThrowsAsync<OperationCanceledException>(() => stream.Inbox.WaitToReceiveAsync(new CancellationToken(canceled: true)).Soon());

        Assert.True(await stream.Inbox.WaitToReceiveAsync(default).Soon());
    }

    [Fact]
    public async Task Wait_WithATokenThatIsNotCancelled_EndsWithTheMessage()
    {
        var (connection, _, _) = BareConnection.Create();
        var stream = connection.Add();
        using var cancel = new CancellationTokenSource();
        var wait = stream.Inbox.WaitToReceiveAsync(cancel.Token).AsTask();
        Assert.False(wait.IsCompleted);

        Assert.True(Queue(stream));
        stream.Inbox.SetReceived();

        Assert.True(await wait.Soon());
        Assert.False(Queue(stream));
    }

    [Fact]
    public async Task Wait_StreamFailsAndTheTokenIsCancelled_LeavesTheErrorToTheReceive()
    {
        var (connection, _, _) = BareConnection.Create();
        var stream = connection.Add();
        using var cancel = new CancellationTokenSource();
        var wait = stream.Inbox.WaitToReceiveAsync(cancel.Token).AsTask();

        stream.Inbox.Fail(new ThriftProtocolException("broken"));
        await cancel.CancelAsync();

        Assert.True(await wait.Soon());
        Assert.Throws<ThriftProtocolException>(() => stream.Inbox.TryReceive<Request>(out _, out _));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Data_AfterTheEnd_IsNeitherKeptNorCounted(bool failed)
    {
        var (connection, _, _) = BareConnection.Create();
        var stream = connection.Add();
        if (failed)
        {
            stream.Inbox.Fail(new ThriftProtocolException("broken"));
        }
        else
        {
            stream.Inbox.End(null);
        }

        Assert.False(Queue(stream));

        Assert.Equal((0L, 0L), (stream.Inbox.QueuedBytes, connection.Memory.Used));
    }

    [Fact]
    public async Task End_Twice_KeepsTheFirst()
    {
        var (connection, _, _) = BareConnection.Create();
        var stream = connection.Add();
        stream.Inbox.End(new ThriftProtocolException("first"));

        stream.Inbox.End(null);

        await Assert.ThrowsAsync<ThriftProtocolException>(() => stream.Inbox.WaitToReceiveAsync(default).Soon());
        Assert.Equal(0, connection.Windows.Granted);
    }

    [Fact]
    public void Fail_WhileAMessageIsDecoded_AccountsForEverythingOnce()
    {
        var (connection, _, _) = BareConnection.Create(streamBytes: 4 * s_cost);
        var stream = connection.Add(keepsWindow: true);
        Queue(stream);
        Queue(stream);
        Interrupting.Reading = () => stream.Inbox.Fail(new ThriftProtocolException("meanwhile"));

        Assert.True(stream.Inbox.TryReceive<Interrupting>(out _, out _));

        Assert.Equal((0L, 0L), (stream.Inbox.QueuedBytes, connection.Memory.Used));
        Assert.Throws<ThriftProtocolException>(() => stream.Inbox.TryReceive<Request>(out _, out _));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public async Task Consume_OfAPeerWithoutAWindowOrAfterTheEnd_GrantsNothing(bool keepsWindow, bool ended)
    {
        var (connection, peer, _) = BareConnection.Create(streamBytes: 4 * s_cost);
        var stream = connection.Add(keepsWindow: keepsWindow);
        for (var i = 0; i < 4; i++)
        {
            Queue(stream);
        }

        if (ended)
        {
            stream.Inbox.End(null);
        }

        await ReceiveAsync(stream, 4);

        connection.Writer.AppendControl(FramePeer.Trailer(99));
        await peer.ExpectAsync(TTHeaderFrameType.Trailer, 99);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Consume_HalfOfTheWindow_GrantsItAndWhatTheWindowGrowsBy(bool hasRoom)
    {
        const int Memory = 512 * 1024;
        var (connection, peer, _) = BareConnection.Create(memory: Memory);
        var stream = connection.Add(keepsWindow: true);
        var window = stream.Inbox.Window;
        if (!hasRoom)
        {
            Assert.True(connection.Windows.TryGrow((Memory / 2) - window));
        }

        var count = (window / 2 / s_cost) + 2;
        for (var i = 0; i < count; i++)
        {
            Queue(stream);
        }

        await ReceiveAsync(stream, count);
        Assert.False(stream.Inbox.TryReceive<Request>(out _, out _));

        var credit = int.Parse((await peer.ExpectAsync(TTHeaderFrameType.Meta, 1)).Pairs["rx-credit"], System.Globalization.CultureInfo.InvariantCulture);
        var grown = stream.Inbox.Window - window;
        Assert.Equal(hasRoom ? window : 0, grown);
        Assert.InRange(credit - grown, window / 2, count * s_cost);
    }

    private static bool Queue(BareStream stream)
        => stream.Inbox.OnData(new(ThriftSerializer.SerializeToArray(new Request { Message = new string('x', Size) })), owner: null);

    private static async Task ReceiveAsync(BareStream stream, int count)
    {
        for (; count > 0; count--)
        {
            while (!stream.Inbox.TryReceive<Request>(out _, out _))
            {
                Assert.True(await stream.Inbox.WaitToReceiveAsync(default).Soon());
            }
        }
    }

    /// <summary>Runs something in the middle of being read.</summary>
    private sealed class Interrupting : IThriftStruct<Interrupting>
    {
        [ThreadStatic]
        private static Action? s_reading;

        public static Action? Reading
        {
            set => s_reading = value;
        }

        public static Interrupting Read<TReader>(ref TReader reader)
            where TReader : struct, IThriftReader, allows ref struct
        {
            reader.Skip(ThriftType.Struct);
            s_reading?.Invoke();
            s_reading = null;
            return new();
        }

        public void Write<TWriter>(ref TWriter writer)
            where TWriter : struct, IThriftWriter, allows ref struct => throw new NotSupportedException();
    }
}
