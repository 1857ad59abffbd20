using Demo.Echo;
using Rx.ThriftStreams.AspNetCore;
using static Rx.ThriftStreams.Tests.Support.Waits;

namespace Rx.ThriftStreams.Tests.Surface;

/// <summary>Messages of all sizes on one channel, a third of the calls cancelled in between: memory that is given back too early would show in somebody's text.</summary>
public sealed class MixedCallsTests
{
    private const int Callers = 12;
    private const int CallsEach = 100;

    [Theory]
    [InlineData("grpc")]
    [InlineData("ttheader")]
    public async Task Calls_CancelledAtAnyTime_OthersGetTheirOwnAnswers(string scheme)
    {
        await using var server = await ThriftServer.StartAsync("127.0.0.1:0", services => services.AddService<ITestService, EchoService>());
        await using var channel = PatientChannel.ForAddress($"{scheme}://{server.Endpoint}");
        var client = new TestServiceClient(channel);
        var answered = await Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Task.Run(() => CallAsync(client, caller)))).WaitAsync(2 * Limit);

        Assert.All(answered, static count => Assert.True(count > 0));
    }

    private static async Task<int> CallAsync(TestServiceClient client, int caller)
    {
        var random = new Random(caller);
        var answered = 0;
        for (var i = 0; i < CallsEach; i++)
        {
            int[] largest = [50, 5_000, 40_000, 200_000];
            var text = new string((char)('a' + random.Next(26)), random.Next(largest[random.Next(4)])) + $"{caller}-{i}";
            using var cancellation = new CancellationTokenSource();
            var cancel = random.Next(3) == 0 ? CancelSoonAsync(cancellation, random.Next(20_000)) : Task.CompletedTask;
            try
            {
                await CheckAsync(client, caller % 3, text, cancellation.Token).Soon();
                answered++;
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                // Its own doing.
            }

            await cancel;
        }

        return answered;
    }

    private static Task CancelSoonAsync(CancellationTokenSource cancellation, int spins) => Task.Run(() =>
    {
        Thread.SpinWait(spins);
        return cancellation.CancelAsync();
    });

    private static async Task CheckAsync(TestServiceClient client, int kind, string text, CancellationToken cancellationToken)
    {
        string[] three = [$"{text}-0", $"{text}-1", $"{text}-2"];
        switch (kind)
        {
            case 0:
                var echo = client.EchoAsync(three.Select(Ask).ToAsyncEnumerable(), cancellationToken);
                Assert.Equal(three, await echo.Select(static answer => answer.Message).ToListAsync(CancellationToken.None));
                break;
            case 1:
                var stream = client.EchoServerAsync(Ask(text), cancellationToken);
                Assert.Equal(three, await stream.Select(static answer => answer.Message).ToListAsync(CancellationToken.None));
                break;
            default:
                Assert.Equal(text, (await client.EchoUnaryAsync(Ask(text), cancellationToken)).Message);
                break;
        }
    }
}
