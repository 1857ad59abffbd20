using Demo.Echo;

namespace Rx.ThriftStreams.Tests.TTHeader.Streaming;

/// <summary>What streams cost that wait: both sides of each are in this process.</summary>
[Collection(nameof(AllocationTests))]
public sealed class IdleMemoryTests
{
    private const int Streams = 10_000;
    private const int BytesOfAStream = 16 * 1024;

    [Fact]
    public async Task TenThousandStreams_Waiting_TakeLittle()
    {
        await using var host = await new StreamingHost(configure: options => options.Limits.MaxStreamsPerConnection = 2 * Streams).StartAsync();
        await using var channel = PatientChannel.ForAddress($"ttheader://{host.Endpoint}", new() { Connections = { MaxPerEndpoint = 2 } });
        var client = new TestServiceClient(channel);
        await OpenAsync(client, 100);

        // What earlier tests left behind may be collected in the middle of a round and hide what the streams take: such a round does not count.
        long perStream = 0;
        for (var round = 0; round < 3 && perStream <= 0; round++)
        {
            var before = GC.GetTotalMemory(forceFullCollection: true);
            var streams = await OpenAsync(client, Streams);
            perStream = (GC.GetTotalMemory(forceFullCollection: true) - before) / Streams;
            foreach (var (stream, responses) in streams)
            {
                await stream.CompleteAsync();
                Assert.False(await responses.MoveNextAsync());
            }
        }

        TestContext.Current.TestOutputHelper!.WriteLine($"{perStream} bytes a stream, client and server together");
        Assert.InRange(perStream, 1, BytesOfAStream);
    }

    private static async Task<List<(ThriftDuplexStreamingCall<Request, Response> Stream, IAsyncEnumerator<Response> Responses)>> OpenAsync(TestServiceClient client, int count)
    {
        var streams = new List<(ThriftDuplexStreamingCall<Request, Response>, IAsyncEnumerator<Response>)>(count);
        for (var i = 0; i < count; i++)
        {
            var stream = await client.OpenEchoAsync(cancellationToken: TestContext.Current.CancellationToken);
            var responses = stream.GetAsyncEnumerator(TestContext.Current.CancellationToken);
            await stream.SendAsync(new Request { Message = "x" });
            Assert.True(await responses.MoveNextAsync());
            streams.Add((stream, responses));
        }

        return streams;
    }
}
