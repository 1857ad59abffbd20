using System.Buffers;
using System.Net.Sockets;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.AspNetCore.Transports.PingPong;
using Rx.ThriftStreams.Tests.Interop;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Tests.PingPong;

/// <summary>Elements of the wire that nest or repeat: each has a bound, and none makes the process recurse without one.</summary>
public sealed class HostileElementTests
{
    // A mesh header without pairs.
    private static readonly byte[] Mesh = [0xFF, 0xAF, 0, 2, 0, 0];

    [Fact]
    public void Reader_ManyMeshHeaders_IsAProtocolErrorAtTheSecond()
    {
        var reader = new PingPongRequestReader(1 << 20);
        var bytes = new ReadOnlySequence<byte>([.. Enumerable.Repeat(Mesh, 18_000).SelectMany(static header => header)]);

        Assert.Throws<ThriftProtocolException>(() => reader.TryRead(ref bytes, out _));

        Assert.Equal(17_999 * Mesh.Length, bytes.Length);
    }

    [Fact]
    public void Reader_MeshHeaderThenTTHeader_IsAProtocolError()
    {
        var reader = new PingPongRequestReader(1 << 20);
        var bytes = new ReadOnlySequence<byte>([.. Mesh, .. PingPongWire.TTHeader(PingPongWire.Add(2, 3))]);

        Assert.Throws<ThriftProtocolException>(() => reader.TryRead(ref bytes, out _));
    }

    [Fact]
    public void Reader_MeshHeaderBeforeEachMessage_IsTaken()
    {
        var reader = new PingPongRequestReader(1 << 20);
        var bytes = new ReadOnlySequence<byte>([.. Mesh, .. PingPongWire.Add(2, 3), .. Mesh, .. PingPongWire.Framed(PingPongWire.Add(2, 3)), .. Mesh, 0, 0]);

        Assert.True(reader.TryRead(ref bytes, out _));
        Assert.True(reader.TryRead(ref bytes, out _));
        Assert.False(reader.TryRead(ref bytes, out _));
        Assert.True(reader.IsWithinRequest);
    }

    [Fact]
    public async Task Server_ManyMeshHeaders_ClosesThatConnectionOnly()
    {
        await using var server = await ThriftServer.StartAsync("127.0.0.1:0", services => services.AddService<IKitchenSink>(new SinkService()));
        using var hostile = new TcpClient();
        await hostile.ConnectAsync(server.Endpoint, TestContext.Current.CancellationToken);
        try
        {
            await hostile.GetStream().WriteAsync((byte[])[.. Enumerable.Repeat(Mesh, 18_000).SelectMany(static header => header)], TestContext.Current.CancellationToken);
        }
        catch (IOException)
        {
            // Closed while it writes.
        }

        Assert.Empty(await PingPongWire.ReadToEndAsync(hostile.GetStream()));
        await using var channel = PatientChannel.ForAddress($"ttheader://{server.Endpoint}", new ThriftChannelOptions());
        Assert.Equal(5, await new KitchenSinkClient(channel).AddAsync(2, 3, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Exception_NestedStructsWithoutEnd_IsAProtocolError()
    {
        // An unknown field that holds a struct that holds a struct…
        byte[] nested = [.. Enumerable.Repeat((byte[])[12, 0, 9], 100_000).SelectMany(static field => field)];

        Assert.Throws<ThriftProtocolException>(() => ApplicationExceptionCodec.Read(new ReadOnlySequence<byte>(nested)));
    }

    [Fact]
    public void Scanner_NestedContainersWithoutEnd_IsAProtocolError()
    {
        // A list of one list of one list…
        byte[] nested = [.. PingPongWire.Message("Add", [15, 0, 1]), .. Enumerable.Repeat((byte[])[15, 0, 0, 0, 1], 100_000).SelectMany(static level => level)];
        var bytes = new ReadOnlySequence<byte>(nested);

        Assert.Throws<ThriftProtocolException>(() => new BufferedMessageScanner(1 << 20).TryScan(bytes, out _));
        Assert.True(new PingPongRequestReader(1 << 20).TryRead(ref bytes, out var request));
        Assert.Equal((true, true), (request.IsLast, bytes.IsEmpty));
    }

    [Fact]
    public void HeaderInfo_ManyBlocksAndPaddings_IsReadInALoop()
    {
        // Blocks of no pairs, as many as fit.
        byte[] info = [0, 0, .. Enumerable.Repeat((byte[])[1, 0, 0], 80_000).SelectMany(static block => block)];

        TTHeaderInfo.Parse(info, out var parsed);

        Assert.False(parsed.HasStringPairs);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4096)]
    public void Reader_OversizeBuffered_IsDiscardedToItsEnd(int step)
    {
        var reader = new PingPongRequestReader(1000);
        byte[] all = [.. PingPongWire.WithText("EchoString", new string('x', 70_000), sequenceId: 7), .. PingPongWire.Add(2, 3, sequenceId: 8)];
        var answered = new List<(int Id, bool Refused)>();
        var most = 0L;
        var held = new List<byte>();
        for (var offset = 0; offset < all.Length; offset += step)
        {
            held.AddRange(all.AsSpan(offset, Math.Min(step, all.Length - offset)));
            var buffer = new ReadOnlySequence<byte>([.. held]);
            while (reader.TryRead(ref buffer, out var request))
            {
                answered.Add((request.SequenceId, request.Refusal is not null));
            }

            held = [.. buffer.ToArray()];
            most = Math.Max(most, held.Count);
        }

        Assert.Equal([(7, true), (8, false)], answered);
        Assert.InRange(most, 0, 1000 + MessageSize.UncountedEnvelope + 4096);
    }
}
