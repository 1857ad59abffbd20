using Demo.Echo;
using Rx.ThriftStreams.AspNetCore;
using static Rx.ThriftStreams.Tests.Support.Waits;

namespace Rx.ThriftStreams.Tests.Surface;

/// <summary>Calls while their server goes away and comes back, without a word of farewell.</summary>
public sealed class RestartTests
{
    private const int Callers = 8;
    private const int Restarts = 8;
    private const int CallsBetween = 300;

    [Theory]
    [InlineData("grpc", 1)]
    [InlineData("grpc", 2)]
    [InlineData("ttheader", 1)]
    [InlineData("ttheader", 2)]
    public async Task Calls_ServerRestarts_EndWithTheirAnswerOrUnavailable(string scheme, int endpoints)
    {
        var server = await StartAsync("127.0.0.1:0");
        var endpoint = server.Endpoint.ToString()!;
        await using var other = await StartAsync("127.0.0.1:0");
        await using var channel = PatientChannel.ForAddress(
            endpoints == 1 ? $"{scheme}://{endpoint}" : $"{scheme}://{endpoint},{other.Endpoint}", new() { Resilience = { CircuitBreaker = null } });
        using var stop = new CancellationTokenSource();
        var answered = 0;
        var callers = Enumerable.Range(0, Callers).Select(caller => Task.Run(async () =>
        {
            for (var i = 0; !stop.IsCancellationRequested; i++)
            {
                try
                {
                    await CallAsync(new TestServiceClient(channel), caller % 4, $"{caller}-{i}");
                    Interlocked.Increment(ref answered);
                }
                catch (ThriftException error) when (error.StatusCode == ThriftStatusCode.Unavailable)
                {
                    await Task.Yield();
                }
            }
        })).ToArray();

        for (var restart = 0; restart < Restarts; restart++)
        {
            var goal = Volatile.Read(ref answered) + CallsBetween;
            await Until(() => Volatile.Read(ref answered) >= goal || callers.Any(static caller => caller.IsCompleted));
            await server.DisposeAsync();
            server = await StartAsync(endpoint);
        }

        await stop.CancelAsync();
        await Task.WhenAll(callers).Soon();
        await server.DisposeAsync();
    }

    private static Task<ThriftServer> StartAsync(string endpoint)
        => ThriftServer.StartAsync(endpoint, services => services.AddService<ITestService, EchoService>());

    private static async Task CallAsync(TestServiceClient client, int kind, string text)
    {
        var requests = Enumerable.Range(0, 3).Select(i => Ask($"{text}-{i}")).ToAsyncEnumerable();
        string[] expected = [$"{text}-0", $"{text}-1", $"{text}-2"];
        string[] actual = kind switch
        {
            0 => [.. await client.EchoAsync(requests).Select(static answer => answer.Message!).ToListAsync().Soon()],
            1 => [.. await client.EchoServerAsync(Ask(text)).Select(static answer => answer.Message!).ToListAsync().Soon()],
            2 => (await client.EchoClientAsync(requests).Soon()).Message!.Split(','),
            _ => [.. expected[..2], $"{(await client.EchoUnaryAsync(Ask(text)).Soon()).Message}-2"],
        };
        Assert.Equal(expected, actual);
    }
}
