using Demo.Echo;

namespace Rx.ThriftStreams.Tests.TTHeader.Streaming;

/// <summary>A message costs its own object and nothing besides.</summary>
[Collection(nameof(AllocationTests))]
[CollectionDefinition(nameof(AllocationTests), DisableParallelization = true)]
public sealed class AllocationTests
{
    // An object with one reference; what sockets allocate for many messages at a time is the rest.
    private const double OfTheMessage = 24;
    private const double OfTheSockets = 8;

    [Fact]
    public async Task SendAndReceive_ManyMessages_AllocateTheReceivedMessageOnly()
    {
        const int Count = 100_000;
        await using var host = await new StreamingHost(new Counter()).StartAsync();
        await using var channel = PatientChannel.ForAddress($"ttheader://{host.Endpoint}", new() { Connections = { MaxPerEndpoint = 1 } });
        var client = new TestServiceClient(channel);

        var least = await Allocations.LeastAsync(Count, () => SendAsync(client, Count));

        Assert.InRange(least, OfTheMessage, OfTheMessage + OfTheSockets);
    }

    private static async Task SendAsync(TestServiceClient client, int count)
    {
        var request = new Request();
        await using var stream = await client.OpenEchoClientAsync(cancellationToken: TestContext.Current.CancellationToken);
        for (var i = 0; i < count; i++)
        {
            await stream.SendAsync(request);
        }

        Assert.Equal($"{count}", (await stream.CompleteAndReceiveAsync()).Message);
    }

    private sealed class Counter : EchoBase
    {
        public override async Task<Response> EchoClientAsync(IAsyncEnumerable<Request> requests, CancellationToken cancellationToken = default)
        {
            var count = 0;
            await foreach (var _ in requests)
            {
                count++;
            }

            return new Response { Message = $"{count}" };
        }
    }
}
