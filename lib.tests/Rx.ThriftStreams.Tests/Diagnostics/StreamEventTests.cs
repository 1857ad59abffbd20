using Demo.Echo;
using Microsoft.Extensions.DependencyInjection;
using static Rx.ThriftStreams.ThriftStreamEventKind;

namespace Rx.ThriftStreams.Tests.Diagnostics;

/// <summary>Over real Kestrel: the events that both sides of a call report.</summary>
public sealed class StreamEventTests() : ObservedCallTests("grpc")
{
    // A struct with one string of one character: field header, length, character, end.
    private const int MessageSize = 3 + 4 + 1 + 1;

    private readonly EventCollector _clientLog = new();

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        Channel.Events.Subscribe(_clientLog);
    }

    [Fact]
    public async Task DuplexCall_ToItsEnd_IsToldByBothSides()
    {
        var requests = AsyncEnumerable.Range(0, 2).Select(i => new Request { Message = $"{i}" });

        await Client.EchoAsync(requests).CountAsync(TestContext.Current.CancellationToken);
        await Task.WhenAll(_clientLog.FinishedAsync(), ServerLog.FinishedAsync());

        Assert.Equal([RpcStart, HeadersReceived, RpcFinish, StreamRecv, StreamRecv, StreamSend, StreamSend], InOrderOfName(_clientLog));
        Assert.Equal([RpcStart, RpcFinish, StreamRecv, StreamRecv, StreamSend, StreamSend], InOrderOfName(ServerLog));
        _clientLog.AssertGrammar();
        ServerLog.AssertGrammar();
    }

    [Fact]
    public async Task Events_OfACall_CarrySizesTotalsPeerAndMethod()
    {
        await Client.EchoServerAsync(new() { Message = "" }).CountAsync(TestContext.Current.CancellationToken);
        await ServerLog.FinishedAsync();

        var finish = _clientLog.Finish;
        Assert.Equal((1, MessageSize - 1, 3, 3 * (MessageSize + 1)), (finish.SentMessages, finish.SentBytes, finish.ReceivedMessages, finish.ReceivedBytes));
        Assert.Equal(MessageSize - 1, Assert.Single(_clientLog.All, e => e.Kind == StreamSend).Size);
        Assert.Equal([1, 2, 3], _clientLog.All.Where(e => e.Kind == StreamRecv).Select(e => e.ReceivedMessages));
        Assert.Equal((ThriftCallSide.Client, "grpc", Server.Endpoint.ToString(), "EchoServer"), (finish.Side, finish.Transport, finish.Peer, finish.Method.Name));
        Assert.Equal((ThriftStatus.Success, null, false), (finish.Status, finish.Error, finish.Failed));
        var served = ServerLog.Finish;
        Assert.Equal((finish.ReceivedBytes, finish.SentBytes, ThriftCallSide.Server), (served.SentBytes, served.ReceivedBytes, served.Side));
        Assert.StartsWith("127.0.0.1:", served.Peer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task HeadersReceived_HeadersOfTheHandler_ComeBeforeTheFirstMessage()
    {
        Service.Unary = _ =>
        {
            ThriftServerContext.Current!.ResponseHeaders.Add("h", "v");
            return new Response();
        };

        await Client.EchoUnaryAsync(new(), TestContext.Current.CancellationToken);

        Assert.Equal([RpcStart, StreamSend, HeadersReceived, StreamRecv, RpcFinish], SendSecond(_clientLog));
        Assert.Equal("v", Assert.Single(_clientLog.All, e => e.Kind == HeadersReceived).Headers!["h"]);
    }

    [Fact]
    public async Task ClientStreaming_AnswerReceived_Finishes()
    {
        await Client.EchoClientAsync(AsyncEnumerable.Range(0, 3).Select(_ => new Request()), TestContext.Current.CancellationToken);

        Assert.Equal((3, 1, ThriftStatus.Success), (_clientLog.Finish.SentMessages, _clientLog.Finish.ReceivedMessages, _clientLog.Finish.Status));
    }

    [Fact]
    public async Task Creation_Fails_FinishesWithItsError()
    {
        await using var channel = PatientChannel.ForAddress("grpc://127.0.0.1:1");
        var log = new EventCollector();
        channel.Events.Subscribe(log);

        var error = await Assert.ThrowsAsync<ThriftConnectException>(() => new TestServiceClient(channel).EchoUnaryAsync(new(), TestContext.Current.CancellationToken));

        Assert.Equal([RpcStart, RpcFinish], log.Kinds);
        Assert.Same(error, log.Finish.Error);
        Assert.True(log.Finish.Failed);
    }

    [Fact]
    public async Task BizStatus_Received_IsShownButDidNotFail()
    {
        Service.Unary = _ => throw new ThriftBizStatusException(7, "seven");

        await Assert.ThrowsAsync<ThriftBizStatusException>(() => Client.EchoUnaryAsync(new(), TestContext.Current.CancellationToken));
        await ServerLog.FinishedAsync();

        foreach (var finish in (ThriftStreamEvent[])[_clientLog.Finish, ServerLog.Finish])
        {
            Assert.False(finish.Failed);
            Assert.Equal(7, Assert.IsType<ThriftBizStatusException>(finish.Error).Code);
        }

        Assert.DoesNotContain(_clientLog.All, e => e.Kind == StreamRecv);
    }

    [Fact]
    public async Task HandlerFault_Received_FailsOnBothSides()
    {
        Service.Unary = _ => throw new InvalidOperationException("oops");

        var error = await Assert.ThrowsAsync<ThriftStatusException>(() => Client.EchoUnaryAsync(new(), TestContext.Current.CancellationToken));
        await ServerLog.FinishedAsync();

        Assert.Equal((error, true, ThriftStatusCode.Internal), (_clientLog.Finish.Error, _clientLog.Finish.Failed, _clientLog.Finish.Status!.Value.Code));
        Assert.Same(error, Assert.Single(_clientLog.All, e => e.Kind == StreamRecv).Error);
        Assert.IsType<InvalidOperationException>(ServerLog.Finish.Error);
        Assert.Equal(ThriftStatusCode.Internal, ServerLog.Finish.Status!.Value.Code);
    }

    [Fact]
    public async Task EndedEarly_ByItsUser_FinishesCancelledWithoutError()
    {
        await Client.EchoServerAsync(new() { Message = "endless" }).Take(2).CountAsync(TestContext.Current.CancellationToken);
        await ServerLog.FinishedAsync();

        Assert.Equal((ThriftStatusCode.Cancelled, null, false), (_clientLog.Finish.Status!.Value.Code, _clientLog.Finish.Error, _clientLog.Finish.Failed));
        Assert.True(ServerLog.Finish.Failed);
        _clientLog.AssertGrammar();
    }

    [Fact]
    public async Task EndedEarly_ByItsObserver_FinishesCancelledWithoutError()
    {
        var received = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using (Client.AsObservable().EchoServer(new() { Message = "endless" }).Subscribe(_ => received.TrySetResult()))
        {
            await received.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        }

        await _clientLog.FinishedAsync();

        Assert.Equal((ThriftStatusCode.Cancelled, null, false), (_clientLog.Finish.Status!.Value.Code, _clientLog.Finish.Error, _clientLog.Finish.Failed));
    }

    [Fact]
    public async Task Finish_WithoutDisposal_FinishesAtOnceAndOnce()
    {
        var call = await Client.OpenEchoAsync(default, TestContext.Current.CancellationToken);

        call.Finish();

        Assert.Equal([RpcStart, RpcFinish], _clientLog.Kinds);
        await call.DisposeAsync();
        Assert.Equal([RpcStart, RpcFinish], _clientLog.Kinds);
    }

    [Fact]
    public async Task Token_Cancelled_FinishesWithTheCancellation()
    {
        using var cancellation = new CancellationTokenSource();
        await using var call = await Client.OpenEchoAsync(default, cancellation.Token);

        await cancellation.CancelAsync();

        Assert.Equal(cancellation.Token, Assert.IsType<OperationCanceledException>(_clientLog.Finish.Error).CancellationToken);
        Assert.Equal(ThriftStatusCode.Cancelled, _clientLog.Finish.Status!.Value.Code);
    }

    [Fact]
    public async Task SendFails_ThenUserGivesUp_FinishesWithTheErrorOfTheSend()
    {
        var call = await Client.OpenEchoAsync(default, TestContext.Current.CancellationToken);
        await Server.DisposeAsync();
        ThriftException? failure = null;
        for (var i = 0; failure is null; i++)
        {
            Assert.True(i < 100_000, "Sending to a server that is gone does not fail.");
            failure = (ThriftException?)await Record.ExceptionAsync(async () => await call.SendAsync(new() { Message = new string('x', 1000) }));
        }

        await call.DisposeAsync();

        Assert.Same(failure, _clientLog.Finish.Error);
        Assert.Same(failure, Assert.Single(_clientLog.All, e => e.Kind == StreamSend && e.Error is not null).Error);
    }

    [Fact]
    public async Task Observer_Throws_LosesItsSubscriptionAndNothingElse()
    {
        var seen = 0;
        Channel.Events.Subscribe(_ =>
        {
            seen++;
            throw new FormatException("a bug");
        });

        await Client.EchoUnaryAsync(new(), TestContext.Current.CancellationToken);

        Assert.Equal(1, seen);
        Assert.Equal(ThriftStatus.Success, _clientLog.Finish.Status);
    }

    [Fact]
    public async Task Observer_MakesACallItself_IsNotCalledWithinItself()
    {
        var inner = new EventCollector();
        var made = false;
        Task? call = null;
        Channel.Events.Subscribe(e =>
        {
            inner.OnNext(e);
            if (!made)
            {
                made = true;
                call = Client.EchoPingPongAsync(new(), TestContext.Current.CancellationToken);
            }
        });

        await Client.EchoUnaryAsync(new(), TestContext.Current.CancellationToken);
        await call!;
        await inner.FinishedAsync(2);

        inner.AssertGrammar();
    }

    [Fact]
    public async Task ManyCalls_AtOnce_AreToldOneAfterTheOther()
    {
        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Client.EchoAsync(AsyncEnumerable.Range(0, 50).Select(_ => new Request { Message = "m" }))
            .CountAsync(TestContext.Current.CancellationToken).AsTask()));
        await Task.WhenAll(_clientLog.FinishedAsync(50), ServerLog.FinishedAsync(50));

        _clientLog.AssertGrammar();
        ServerLog.AssertGrammar();
        Assert.Equal(2500, _clientLog.All.Count(e => e.Kind == StreamRecv));
        Assert.Equal(2500, ServerLog.All.Count(e => e.Kind == StreamSend));
    }

    [Fact]
    public async Task Channel_Disposed_CompletesTheEvents()
    {
        await Channel.DisposeAsync();

        await _clientLog.Completed.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        var late = new EventCollector();
        Channel.Events.Subscribe(late);
        Assert.True(late.Completed.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task Subscription_Disposed_GetsNoMore()
    {
        var log = new EventCollector();
        Channel.Events.Subscribe(log).Dispose();

        await Client.EchoUnaryAsync(new(), TestContext.Current.CancellationToken);

        Assert.Empty(log.All);
    }

    private static IEnumerable<ThriftStreamEventKind> InOrderOfName(EventCollector log)
        => log.Kinds.Order(Comparer<ThriftStreamEventKind>.Create(static (a, b) => Rank(a).CompareTo(Rank(b))));

    private static int Rank(ThriftStreamEventKind kind) => kind switch { RpcStart => 0, HeadersReceived => 1, RpcFinish => 2, StreamRecv => 3, _ => 4 };

    /// <summary>The send may be reported before or after the answer's arrival: it is moved to its usual position.</summary>
    private static IEnumerable<ThriftStreamEventKind> SendSecond(EventCollector log)
        => log.Kinds.Where(k => k != StreamSend).SelectMany(k => k == RpcStart ? (ThriftStreamEventKind[])[k, StreamSend] : [k]);
}
