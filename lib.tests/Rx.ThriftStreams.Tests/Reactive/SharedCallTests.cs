using System.Reactive.Linq;
using System.Threading.Channels;
using Demo.Echo;
using Rx.ThriftStreams.Reactive;
using static Rx.ThriftStreams.Tests.Support.Waits;

namespace Rx.ThriftStreams.Tests.Reactive;

/// <summary>One call to a backend that the handlers of many calls share: the first handler starts it, and must not end it for the others.</summary>
public sealed class SharedCallTests
{
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;

    private readonly Channel<Response> _feed = Channel.CreateUnbounded<Response>();
    private readonly TaskCompletionSource<(DateTimeOffset? Deadline, int MetaInfo)> _inherited = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ScriptedService Backend => new()
    {
        EchoServer = (_, token) =>
        {
            var context = ThriftServerContext.Current!;
            _inherited.TrySetResult((context.Deadline, context.MetaInfo.Persistent.Count));
            return _feed.Reader.ReadAllAsync(token);
        },
    };

    [Fact]
    public async Task ShareLatest_HandlerThatStartedTheCallEnds_OthersGoOn()
    {
        await using var backend = await Loopback.StartAsync(Backend);
        var shared = backend.Client.EchoServerAsync(Ask("x"), CancellationToken.None).ShareLatest();
        await using var front = await Loopback.StartAsync(new() { EchoServer = (_, _) => shared });

        await using var second = await JoinAndLeaveAsync(front);
        _feed.Writer.TryWrite(Answer("next"));

        Assert.True(await second.MoveNextAsync().Soon());
        Assert.Equal("next", second.Current.Message);
        Assert.Equal((null, 0), await _inherited.Task.Soon());
    }

    /// <summary>Operators of Rx subscribe in the context of their first observer: the options of the call decide.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task RefCount_HandlerThatStartedTheCallEnds_OthersGoOnUnlessTheCallIsPartOfIt(bool flows)
    {
        await using var backend = await Loopback.StartAsync(Backend);
        var shared = backend.Client.AsObservable(options: new() { FlowServerContext = flows }).EchoServer(Ask("x")).Replay(1).RefCount();
        await using var front = await Loopback.StartAsync(new() { EchoServer = (_, token) => shared.AsBoundedStream(null, token) });

        await using var second = await JoinAndLeaveAsync(front);
        var next = second.MoveNextAsync();
        if (flows)
        {
            Assert.Equal(ThriftStatusCode.Cancelled, (await Assert.ThrowsAsync<ThriftStatusException>(() => next.Soon())).StatusCode);
            Assert.Equal(1, (await _inherited.Task.Soon()).MetaInfo);
            return;
        }

        _feed.Writer.TryWrite(Answer("next"));
        Assert.True(await next.Soon());
        Assert.Equal("next", second.Current.Message);
        Assert.Equal((null, 0), await _inherited.Task.Soon());
    }

    /// <summary>A caller with a deadline starts the shared call, a second joins, and the first leaves.</summary>
    private async Task<IAsyncEnumerator<Response>> JoinAndLeaveAsync(Loopback front)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var subscription = front.Server.Events.Where(static e => e.Kind == ThriftStreamEventKind.RpcFinish).Subscribe(_ => ended.TrySetResult());
        var options = new ThriftCallOptions { Timeout = TimeSpan.FromMinutes(30), MetaInfo = new() { Persistent = { ["TENANT"] = "acme" } } };
        var first = front.Client.EchoServerAsync(Ask("x"), options, Token).GetAsyncEnumerator(Token);
        _feed.Writer.TryWrite(Answer("first"));
        Assert.True(await first.MoveNextAsync().Soon());

        var second = front.Client.EchoServerAsync(Ask("x"), Token).GetAsyncEnumerator(Token);
        Assert.True(await second.MoveNextAsync().Soon());
        Assert.Equal("first", second.Current.Message);

        await first.DisposeAsync();
        await ended.Task.Soon();
        return second;
    }
}
