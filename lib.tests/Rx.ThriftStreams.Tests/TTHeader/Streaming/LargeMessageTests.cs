using System.Buffers;
using System.Globalization;
using Demo.Echo;
using Rx.ThriftStreams.Transports.TTHeaderStreaming;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Tests.TTHeader.Streaming;

/// <summary>Large messages have arrays of their own, and are received past the pipe: they keep their order among small ones, their content and their errors.</summary>
public sealed class LargeMessageTests
{
    private static readonly int[] Sizes = [10, FrameArray.LeastLength - 1, FrameArray.LeastLength, 0, 70_000, 3, 1_000_000, 1_500_000, 20_000, 1];

    [Fact]
    public void Queue_SmallAndLargeMessages_KeepOrderAndContent()
    {
        var queue = new MessageQueue();
        for (var round = 0; round < 3; round++)
        {
            foreach (var size in Sizes)
            {
                queue.Add(new ReadOnlySequence<byte>(Content(size)), owner: null);
            }

            Assert.True(queue.TryTakeOver());
            foreach (var size in Sizes)
            {
                Assert.True(queue.TryTake(out var message));
                Assert.True(message.SequenceEqual(Content(size)));
            }

            Assert.False(queue.TryTake(out _));
            Assert.False(queue.TryTakeOver());
        }
    }

    [Fact]
    public void Queue_DroppedWithLargeMessages_IsEmptyAndCanBeUsed()
    {
        var queue = new MessageQueue();
        queue.Add(new ReadOnlySequence<byte>(Content(100_000)), owner: null);
        queue.Add(new ReadOnlySequence<byte>(Content(5)), owner: null);

        queue.Drop();

        Assert.False(queue.HasNew);
        queue.Add(new ReadOnlySequence<byte>(Content(30_000)), owner: null);
        Assert.True(queue.TryTakeOver());
        Assert.True(queue.TryTake(out var message));
        Assert.Equal(30_000, message.Length);
        Assert.False(queue.TryTake(out _));
    }

    [Fact]
    public void Queue_MessageThatHasAnArray_TakesTheArray()
    {
        var queue = new MessageQueue();
        using var owner = new FrameArray();
        var array = owner.Rent(50_000);
        Content(50_000).CopyTo(array, 0);

        queue.Add(new ReadOnlySequence<byte>(array, 100, 40_000), owner);

        Assert.Throws<InvalidOperationException>(() => owner.Bytes);
        Assert.True(queue.TryTakeOver());
        Assert.True(queue.TryTake(out var message));
        Assert.True(message.Overlaps(array.AsSpan(100, 40_000), out var offset) && offset == 0);
        Assert.Equal(40_000, message.Length);
    }

    [Fact]
    public void Queue_SmallMessageInAnArray_LeavesTheArray()
    {
        var queue = new MessageQueue();
        using var owner = new FrameArray();
        var array = owner.Rent(50_000);

        queue.Add(new ReadOnlySequence<byte>(array, 0, 100), owner);

        Assert.Same(array, owner.Bytes);
    }

    [Fact]
    public async Task Stream_OfMessagesOfAllSizes_IsReceivedAsItWasSent()
    {
        await using var host = await new StreamingHost(new Sizer()).StartAsync();
        await using var channel = PatientChannel.ForAddress($"ttheader://{host.Endpoint}", new() { Connections = { MaxPerEndpoint = 1 } });
        var client = new TestServiceClient(channel);

        // Two streams of the connection, so that frames of one lie between those of the other.
        var lengths = await Task.WhenAll(ReceiveAsync(client), ReceiveAsync(client)).Soon();

        Assert.All(lengths, static received => Assert.Equal(Sizes, received));
    }

    [Fact]
    public async Task Upload_OfMessagesOfAllSizes_IsReceivedAsItWasSent()
    {
        await using var host = await new StreamingHost(new Sizer()).StartAsync();
        await using var channel = PatientChannel.ForAddress($"ttheader://{host.Endpoint}");

        var answer = await new TestServiceClient(channel).EchoClientAsync(Sizes.Select(static size => new Request { Message = Text(size) }).ToAsyncEnumerable(), cancellationToken: TestContext.Current.CancellationToken).Soon();

        Assert.Equal(string.Join(' ', Sizes), answer.Message);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(40_000)]
    [InlineData(99_000)]
    public async Task Frame_ArrivesInPartsAndWithTheNext_IsReceived(int first)
    {
        await using var server = new ScriptedStreamingServer();
        await using var channel = PatientChannel.ForAddress(server.Address, new());
        await using var responses = new TestServiceClient(channel).EchoServerAsync(new() { Message = "x" }).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        var receive = responses.MoveNextAsync();
        var peer = await server.AcceptAsync();
        var id = (await peer.ExpectAsync(TTHeaderFrameType.Header)).Id;
        byte[] frames = [.. FramePeer.Data(id, Text(100_000)), .. FramePeer.Data(id, "next"), .. FramePeer.Frame(TTHeaderFrameType.Trailer, id)];

        await peer.SendAsync(frames[..first]);
        await peer.SendAsync(frames[first..]);

        Assert.True(await receive.Soon());
        Assert.Equal(Text(100_000), responses.Current.Message);
        Assert.True(await responses.MoveNextAsync().Soon());
        Assert.Equal("next", responses.Current.Message);
    }

    [Fact]
    public async Task Connection_EndsWithinALargeFrame_FailsTheStreamAfterWhatCameBefore()
    {
        await using var server = new ScriptedStreamingServer();
        await using var channel = PatientChannel.ForAddress(server.Address, new());
        await using var responses = new TestServiceClient(channel).EchoServerAsync(new() { Message = "x" }).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        var receive = responses.MoveNextAsync();
        var peer = await server.AcceptAsync();
        var id = (await peer.ExpectAsync(TTHeaderFrameType.Header)).Id;
        await peer.SendAsync([.. FramePeer.Data(id, "before"), .. FramePeer.Data(id, Text(200_000))[..100_000]]);
        Assert.True(await receive.Soon());

        server.Drop();

        var error = await Assert.ThrowsAsync<ThriftTransportException>(() => responses.MoveNextAsync().Soon());
        Assert.Equal(ThriftStatusCode.Unavailable, error.StatusCode);
    }

    [Fact]
    public async Task Channel_DisposedWithinALargeFrame_FailsTheStream()
    {
        await using var server = new ScriptedStreamingServer();
        var channel = PatientChannel.ForAddress(server.Address, new());
        await using (channel)
        {
            await using var responses = new TestServiceClient(channel).EchoServerAsync(new() { Message = "x" }).GetAsyncEnumerator(TestContext.Current.CancellationToken);
            var receive = responses.MoveNextAsync();
            var peer = await server.AcceptAsync();
            var id = (await peer.ExpectAsync(TTHeaderFrameType.Header)).Id;
            await peer.SendAsync([.. FramePeer.Data(id, "before"), .. FramePeer.Data(id, Text(200_000))[..100_000]]);
            Assert.True(await receive.Soon());

            await channel.DisposeAsync();

            await Assert.ThrowsAsync<ThriftTransportException>(() => responses.MoveNextAsync().Soon());
        }
    }

    private static async Task<int[]> ReceiveAsync(TestServiceClient client)
    {
        var received = new List<int>();
        await foreach (var response in client.EchoServerAsync(new() { Message = "x" }, cancellationToken: TestContext.Current.CancellationToken))
        {
            Assert.Equal(Text(response.Message!.Length), response.Message);
            received.Add(response.Message.Length);
        }

        return [.. received];
    }

    private static byte[] Content(int size) => [.. Enumerable.Range(0, size).Select(static i => (byte)(i * 31))];

    private static string Text(int size) => string.Create(size, 0, static (text, _) =>
    {
        for (var i = 0; i < text.Length; i++)
        {
            text[i] = (char)('a' + (i % 23));
        }
    });

    private sealed class Sizer : EchoBase
    {
        public override IAsyncEnumerable<Response> EchoServerAsync(Request req, CancellationToken cancellationToken = default)
            => Sizes.Select(static size => new Response { Message = Text(size) }).ToAsyncEnumerable();

        public override async Task<Response> EchoClientAsync(IAsyncEnumerable<Request> requests, CancellationToken cancellationToken = default)
        {
            var lengths = new List<string>();
            await foreach (var request in requests.WithCancellation(cancellationToken))
            {
                lengths.Add(request.Message == Text(request.Message!.Length) ? request.Message.Length.ToString(CultureInfo.InvariantCulture) : "damaged");
            }

            return new Response { Message = string.Join(' ', lengths) };
        }
    }
}
