using System.Reactive.Linq;
using System.Runtime.CompilerServices;
using Demo.Echo;
using Rx.ThriftStreams.Reactive;
using static Rx.ThriftStreams.Tests.Support.Waits;

namespace Rx.ThriftStreams.Tests.Diagnostics;

/// <summary>Errors of subscriptions that no code of the application receives are logged.</summary>
public sealed class UnhandledErrorTests
{
    private const int SubscriberFailed = 82;
    private const int ErrorNotHandled = 83;

    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;

    private readonly FormatException _bug = new("a bug in the observer");

    /// <summary>Set when the subscription exists: an error that comes earlier leaves Subscribe.</summary>
    private readonly TaskCompletionSource _subscribed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ScriptedService Answering => new() { EchoServer = (_, token) => AnswerAsync(token) };

    private ScriptedService Failing => new()
    {
        EchoServer = (_, token) => AnswerAsync(token).Select<Response, Response>(static _ => throw new ThriftStatusException(ThriftStatusCode.Unavailable, "The server stops.")),
    };

    private async IAsyncEnumerable<Response> AnswerAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await _subscribed.Task.WaitAsync(cancellationToken);
        yield return Answer("one");
        await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Observer_ThatThrows_IsLogged(bool opened)
    {
        await using var loop = await Loopback.StartAsync(Answering);

        using var subscription = (await ResponsesAsync(loop, opened)).Subscribe(_ => throw _bug);
        _subscribed.SetResult();

        var entry = await EntryAsync(loop);
        Assert.Equal((SubscriberFailed, _bug), (entry.Id, entry.Error));
        Assert.Contains("echo.TestService/EchoServer", entry.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task CallThatFails_WithoutAHandlerOfErrors_IsLogged(bool opened)
    {
        await using var loop = await Loopback.StartAsync(Failing);

        using var subscription = (await ResponsesAsync(loop, opened)).Subscribe(static _ => { });
        _subscribed.SetResult();

        var entry = await EntryAsync(loop);
        Assert.Equal(ErrorNotHandled, entry.Id);
        Assert.Equal(ThriftStatusCode.Unavailable, Assert.IsType<ThriftStatusException>(entry.Error).StatusCode);
    }

    [Fact]
    public async Task Request_ObserverOnTheServerThrows_IsLoggedThere()
    {
        await using var loop = await Loopback.StartAsync(new()
        {
            EchoClient = async (requests, token) =>
            {
                using var subscription = requests.AsColdObservable().Subscribe(_ => throw _bug);
                _subscribed.SetResult();
                return await Never(token).FirstAsync(token);
            },
        });
        await using var call = await loop.Client.OpenEchoClientAsync(cancellationToken: Token);

        await _subscribed.Task.Soon();
        await call.SendAsync(Ask("x"), Token);

        var entry = await EntryAsync(loop);
        Assert.Equal((SubscriberFailed, _bug), (entry.Id, entry.Error));
    }

    [Fact]
    public async Task Errors_ThatAreHandled_AreNotLogged()
    {
        await using var answering = await Loopback.StartAsync(Answering);
        await using var failing = await Loopback.StartAsync(Failing);
        var handled = new TaskCompletionSource<Exception>();
        var failed = new TaskCompletionSource<Exception>();

        using var throwing = answering.Client.EchoServerAsync(Ask("x"), Token).AsColdObservable(handled.SetResult).Subscribe(_ => throw _bug);
        using var observing = failing.Client.AsObservable().EchoServer(Ask("x")).Subscribe(static _ => { }, failed.SetResult);
        _subscribed.SetResult();

        Assert.Same(_bug, await handled.Task.Soon());
        Assert.Equal(ThriftStatusCode.Unavailable, Assert.IsType<ThriftStatusException>(await failed.Task.Soon()).StatusCode);
        Assert.DoesNotContain(answering.Log.Entries.Concat(failing.Log.Entries), static entry => entry.Id is SubscriberFailed or ErrorNotHandled);
    }

    private static async Task<IObservable<Response>> ResponsesAsync(Loopback loop, bool opened)
        => opened ? (await loop.Client.OpenEchoServerAsync(Ask("x"), cancellationToken: Token)).AsColdObservable() : loop.Client.AsObservable().EchoServer(Ask("x"));

    private static async Task<(int Id, string Text, Exception? Error)> EntryAsync(Loopback loop)
    {
        await Until(() => loop.Log.Entries.Any(static entry => entry.Id is SubscriberFailed or ErrorNotHandled));
        var (_, id, text, error) = loop.Log.Entries.Single(static entry => entry.Id is SubscriberFailed or ErrorNotHandled);
        return (id, text, error);
    }
}
