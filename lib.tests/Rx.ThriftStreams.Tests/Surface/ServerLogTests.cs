using System.Runtime.CompilerServices;
using Demo.Echo;
using Microsoft.Extensions.Logging;
using static Rx.ThriftStreams.Tests.Support.Waits;

namespace Rx.ThriftStreams.Tests.Surface;

/// <summary>What a server logs of calls that nobody did anything wrong in.</summary>
public sealed class ServerLogTests
{
    [Theory]
    [InlineData("grpc")]
    [InlineData("ttheader")]
    public async Task CallerLeaves_HandlerIsReceiving_IsNoErrorInTheServersLog(string scheme)
    {
        await using var loop = await Loopback.StartAsync(
            new() { Echo = static (requests, _) => requests.Select(static request => Answer(request.Message!)) }, scheme: scheme);
        var log = new EventCollector();
        using var subscription = loop.Server.Events.Subscribe(log);

        Assert.Equal("0", (await loop.Client.EchoAsync(OneAndNoEnd()).FirstAsync(TestContext.Current.CancellationToken)).Message);
        await log.FinishedAsync();

        Assert.True(log.Finish.Failed);
        Assert.DoesNotContain(loop.Log.Entries, entry => entry.Level >= LogLevel.Warning);

        static async IAsyncEnumerable<Request> OneAndNoEnd([EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            yield return Ask("0");
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
        }
    }
}
