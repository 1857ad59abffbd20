using Demo.Echo;
using Rx.ThriftStreams.AspNetCore;
using static Rx.ThriftStreams.Tests.Support.Waits;

namespace Rx.ThriftStreams.Tests.Surface;

/// <summary>
/// What a call, or a message of a stream, allocates on both sides together. The bounds stand a quarter above what was measured (of the debug build, which
/// allocates more), so that what a change adds to every call is seen.
/// </summary>
[Collection(nameof(CallAllocationTests))]
[CollectionDefinition(nameof(CallAllocationTests), DisableParallelization = true)]
public sealed class CallAllocationTests
{
    private const int Calls = 500;

    [Theory]
    [InlineData("grpc", 16_300)]
    [InlineData("ttheader", 5_300)]
    public async Task PingPong_ManyCalls_AllocateNoMoreThanBefore(string scheme, double most)
    {
        await using var server = await StartAsync();
        await using var channel = PatientChannel.ForAddress($"{scheme}://{server.Endpoint}");
        var client = new TestServiceClient(channel);
        await AssertAllocates(most, async () =>
        {
            for (var i = 0; i < Calls; i++)
            {
                await client.EchoPingPongAsync(Ask("0123456789abcdef"), TestContext.Current.CancellationToken);
            }
        });
    }

    [Theory]
    [InlineData("grpc", 2_100)]
    [InlineData("ttheader", 1_300)]
    public async Task Bidirectional_ManyMessages_AllocateNoMoreThanBefore(string scheme, double most)
    {
        await using var server = await StartAsync();
        await using var channel = PatientChannel.ForAddress($"{scheme}://{server.Endpoint}");
        var client = new TestServiceClient(channel);
        await using var stream = await client.OpenEchoAsync(cancellationToken: TestContext.Current.CancellationToken);
        await using var responses = stream.GetAsyncEnumerator(TestContext.Current.CancellationToken);
        await AssertAllocates(most, async () =>
        {
            for (var i = 0; i < Calls; i++)
            {
                await stream.SendAsync(Ask("0123456789abcdef"), TestContext.Current.CancellationToken);
                Assert.True(await responses.MoveNextAsync());
            }
        });
    }

    private static Task<ThriftServer> StartAsync()
    {
        var service = new ScriptedService
        {
            Echo = static (requests, _) => requests.Select(static request => Answer(request.Message!)),
            EchoUnary = static (request, _) => Task.FromResult(Answer(request.Message!)),
        };
        return ThriftServer.StartAsync("127.0.0.1:0", setup => setup.AddService<ITestService>(service));
    }

    private static async Task AssertAllocates(double most, Func<Task> run) => Assert.InRange(await Allocations.LeastAsync(Calls, run), 1, most);
}
