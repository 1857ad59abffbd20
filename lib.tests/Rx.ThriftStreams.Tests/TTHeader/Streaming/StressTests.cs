using Demo.Echo;

namespace Rx.ThriftStreams.Tests.TTHeader.Streaming;

/// <summary>Streams that end in every way at the same time, on connections that they share.</summary>
public sealed class StressTests
{
    private const int Workers = 16;
    private const int Rounds = 60;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    [Theory]
    [InlineData(ThriftConnectionMode.Multiplexed, 1024 * 1024)]
    [InlineData(ThriftConnectionMode.Multiplexed, 500)]
    [InlineData(ThriftConnectionMode.Pooled, 500)]
    public async Task Streams_EndedInAllWays_DoNotDisturbEachOther(ThriftConnectionMode mode, int window)
    {
        await using var host = await new StreamingHost(configure: options => options.TTHeader.StreamBuffers.StreamBytes = window).StartAsync();
        await using var channel = PatientChannel.ForAddress(
            $"ttheader://{host.Endpoint}",
            new() { Connections = { Mode = mode, MaxPerEndpoint = 2 }, Resilience = { ConnectTimeout = Patience }, TTHeader = { StreamBuffers = { StreamBytes = window } } });
        var client = new TestServiceClient(channel);

        await Task.WhenAll(Enumerable.Range(0, Workers).Select(worker => Task.Run(() => WorkAsync(client, worker)))).WaitAsync(Patience, TestContext.Current.CancellationToken);

        Assert.Equal(50, await client.EchoServerAsync(new() { Message = "count:50" }).CountAsync(TestContext.Current.CancellationToken));
    }

    private static async Task WorkAsync(TestServiceClient client, int worker)
    {
        for (var round = 0; round < Rounds; round++)
        {
            switch ((worker + round) % 5)
            {
                case 0:
                    var answers = await client.EchoAsync(AsyncEnumerable.Range(0, 50).Select(i => new Request { Message = $"x{worker}-{i}" })).Select(r => r.Message).ToListAsync();
                    Assert.Equal(Enumerable.Range(0, 50).Select(i => $"x{worker}-{i}"), answers);
                    break;

                case 1:
                    // Given up in the middle of what the server sends.
                    Assert.Equal(10, await client.EchoServerAsync(new() { Message = "count:1000:100" }).Take(10).CountAsync());
                    break;

                case 2:
                    using (var cancel = new CancellationTokenSource())
                    {
                        await using var stream = await client.OpenEchoAsync(cancellationToken: cancel.Token);
                        await stream.SendAsync(new() { Message = "x" });
                        var cancelling = cancel.CancelAsync();
                        await Assert.ThrowsAnyAsync<Exception>(async () =>
                        {
                            while (true)
                            {
                                await stream.SendAsync(new() { Message = new string('x', 200) });
                            }
                        });
                        await cancelling;
                    }

                    break;

                case 3:
                    Assert.Equal(7, (await Assert.ThrowsAsync<ThriftBizStatusException>(async () => await client.EchoServerAsync(new() { Message = "count:20:100;biz:7:no" }).CountAsync())).Code);
                    break;

                default:
                    // The server leaves while requests are still being sent.
                    await client.EchoAsync(AsyncEnumerable.Range(0, 200).Select(i => new Request { Message = i == 3 ? "return" : "x" })).CountAsync();
                    break;
            }
        }
    }
}
