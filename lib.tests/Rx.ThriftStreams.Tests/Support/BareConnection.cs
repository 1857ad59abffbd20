using Microsoft.Extensions.Time.Testing;
using Rx.ThriftStreams.Transport;
using Rx.ThriftStreams.Transports.TTHeaderStreaming;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Tests.Support;

/// <summary>A connection of neither side, whose streams tests drive directly.</summary>
internal sealed class BareConnection(PipeEnd end, StreamLimits limits, TimeProvider clock, PeerMemory memory)
    : FrameConnection(end, end, "bare:1", limits, memory, clock)
{
    public List<string> Events { get; } = [];

    public Task Reading { get; private set; } = Task.CompletedTask;

    public TimeSpan FrameLimit { get; set; } = TimeSpan.FromSeconds(10);

    public TimeSpan WriteLimit { get; set; }

    protected override TimeSpan FrameTimeout => FrameLimit;

    protected override TimeSpan WriteTimeout => WriteLimit;

    public static (BareConnection Connection, FramePeer Peer, PipeEnd End) Create(
        int streamBytes = 1024 * 1024,
        long memory = 64 * 1024 * 1024,
        int maxMessageSize = 4 * 1024 * 1024,
        ThriftFullBufferPolicy whenFull = ThriftFullBufferPolicy.StopReading,
        long pipe = 64 * 1024,
        PeerMemory? server = null,
        FakeTimeProvider? clock = null,
        Func<Memory<byte>, ValueTask<int>>? direct = null)
    {
        var (ours, theirs) = direct is null ? PipeEnd.CreatePair(pipe) : PipeEnd.CreateInline(pipe, direct);
        var buffers = new ThriftStreamBufferOptions { StreamBytes = streamBytes, WhenFull = whenFull };
        var connection = new BareConnection(theirs, new StreamLimits(buffers, new(maxMessageSize, null, 100), memory), clock ?? new FakeTimeProvider(), new PeerMemory(memory, server));
        connection.Reading = connection.ReadFramesAsync();
        return (connection, new FramePeer(ours), theirs);
    }

    public BareStream Add(int id = 1, int peerWindow = 0, bool keepsWindow = false, bool expectAdded = true)
    {
        var stream = new BareStream(this, id, peerWindow, keepsWindow);
        Assert.Equal(expectAdded, TryAdd(stream));
        return stream;
    }

    public void SetPeerWindow(int window)
    {
        PeerWindow = window;
        GrantToAll(window);
    }

    protected override void Shut(ThriftException reason) => Events.Add($"shut: {reason.Kitex!.Text}");

    protected override void OnHeader(in TTHeaderFrame frame) => Events.Add($"header {frame.SequenceId}");

    protected override void OnTrailer(FrameStream stream, in TTHeaderFrame frame) => stream.Inbox.End(null);

    protected override void OnReset(FrameStream stream, in TTHeaderFrame frame) => Events.Add($"reset {stream.Id}");

    protected override void Refuse(FrameStream stream, ThriftStatusException reason)
    {
        stream.Inbox.End(reason);
        Events.Add($"refused {stream.Id}");
    }

    protected override void GiveUp(FrameStream stream, ThriftStatusException reason)
    {
        stream.Inbox.Fail(reason);
        Events.Add($"given up {stream.Id}");
    }

    protected override void OnConnectionLost(FrameStream stream, ThriftException error)
    {
        stream.Inbox.Fail(error);
        stream.Outbox.End(error);
        Events.Add($"lost {stream.Id}");
    }

    protected override ThriftException Error(int code, string text, Exception? cause = null) => StreamErrors.Create(code, text, isServerSide: false, innerException: cause);

    protected override void OnLeave() => Events.Add("leave");

    protected override void CheckIdle() => Events.Add("idle?");

    protected override void OnWindow(int window) => SetPeerWindow(window);
}

/// <summary>A stream of a <see cref="BareConnection"/>.</summary>
internal sealed class BareStream(BareConnection connection, int id, int peerWindow, bool keepsWindow)
    : FrameStream(connection, id, s_templates, peerWindow, connection.Windows.TakeFirst())
{
    private static readonly FrameTemplates s_templates = new("Echo");

    internal override bool PeerKeepsWindow => keepsWindow;
}
