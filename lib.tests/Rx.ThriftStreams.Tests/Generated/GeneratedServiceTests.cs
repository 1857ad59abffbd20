using System.Reactive.Linq;
using System.Reactive.Subjects;
using Microsoft.Extensions.DependencyInjection;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.Tests.Interop;
using static Rx.ThriftStreams.Tests.Support.Waits;

namespace Rx.ThriftStreams.Tests.Generated;

/// <summary>Everything that the compiler makes of a service, over a real connection and against fakes.</summary>
public sealed class GeneratedServiceTests : IAsyncLifetime
{
    private ThriftServer _server = null!;
    private ThriftChannel _channel = null!;
    private KitchenSinkClient _client = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await ThriftServer.StartAsync("127.0.0.1:0", services => services.AddService<IKitchenSink, KitchenSink>());
        _channel = PatientChannel.ForAddress($"grpc://{_server.Endpoint}");
        _client = new KitchenSinkClient(_channel);
    }

    public async ValueTask DisposeAsync()
    {
        await _channel.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task EveryMode_WithGeneratedTypes_ReturnsWhatWasSent()
    {
        var sent = Message(3);

        Assert.Equal([sent, sent], await _client.BidiEchoAsync(new[] { sent, sent }.ToAsyncEnumerable(), Token).ToListAsync(Token));
        Assert.Equal([0, 1, 2], await _client.ServerStreamAsync(sent, Token).Select(static m => m.ReqI32).ToListAsync(Token));
        Assert.Equal(2, (await _client.ClientStreamAsync(new[] { sent, sent }.ToAsyncEnumerable(), Token)).ReqI32);
        Assert.Equal(sent, await _client.UnaryAsync(sent, Token));
        Assert.Equal(sent, await _client.PingPongAsync(sent, "x", Token));
    }

    [Fact]
    public async Task PlainResults_OfEveryShape_AreUnwrapped()
    {
        Assert.Equal(5, await _client.AddAsync(2, 3, Token));
        Assert.Equal("é", await _client.EchoStringAsync("é", Token));
        Assert.Equal([4L, 5L], await _client.RangeAsync(4, 6, Token));
        await _client.DoVoidAsync("x", Token);
    }

    [Fact]
    public async Task DeclaredExceptions_OfAMethod_AreThrownAsSuch()
    {
        var sink = await Assert.ThrowsAsync<SinkException>(() => _client.PingPongAsync(Message(1), "sink", Token));
        Assert.Equal(new SinkException { Code = 7, Reason = "asked", Detail = new Inner { Name = "detail" } }, sink);
        Assert.Contains("Reason = \"asked\"", sink.Message, StringComparison.Ordinal);

        Assert.Equal("because", (await Assert.ThrowsAsync<OtherException>(() => _client.PingPongAsync(Message(1), "other", Token))).Why);
        Assert.Equal(1, (await Assert.ThrowsAsync<SinkException>(() => _client.DoVoidAsync("", Token))).Code);
    }

    [Fact]
    public async Task NullArguments_OfEveryKind_AreRejectedBeforeTheCall()
    {
        await Assert.ThrowsAsync<ArgumentNullException>(() => _client.EchoStringAsync(null!, Token));
        await Assert.ThrowsAsync<ArgumentNullException>(() => _client.UnaryAsync(null!, Token));
        Assert.Throws<ArgumentNullException>(() => _client.ServerStreamAsync(null!, Token));
        Assert.Throws<ArgumentNullException>(() => _client.BidiEchoAsync(null!, Token));
    }

    [Fact]
    public async Task AsObservable_OverAClient_CallsEveryKindOfMethod()
    {
        var rx = _client.AsObservable();

        Assert.Equal(5, await rx.Add(2, 3).ToTaskWithin(Waits.Limit));
        Assert.Equal([0, 1, 2], await rx.ServerStream(Message(3)).Select(static m => m.ReqI32).ToList().ToTaskWithin(Waits.Limit));
        Assert.Equal(2, (await rx.ClientStream(new[] { Message(1), Message(2) }.ToObservable()).ToTaskWithin(Waits.Limit)).ReqI32);
        Assert.Equal([1, 2], await rx.BidiEcho(new[] { Message(1), Message(2) }.ToObservable()).Select(static m => m.ReqI32).ToList().ToTaskWithin(Waits.Limit));
        await rx.DoVoid("x").ToTaskWithin(Waits.Limit);
        await Assert.ThrowsAsync<SinkException>(() => rx.DoVoid("").ToTaskWithin(Waits.Limit));
    }

    [Fact]
    public async Task AsAsyncEnumerable_OverObservables_GivesTheContractBack()
    {
        // There and back again: the fake in streams, as observables, as streams.
        var service = new KitchenSink().AsObservable().AsAsyncEnumerable();

        Assert.Equal(5, await service.AddAsync(2, 3, Token));
        Assert.Equal(3, await service.ServerStreamAsync(Message(3), Token).CountAsync(Token));
        Assert.Equal(2, (await service.ClientStreamAsync(new[] { Message(1), Message(2) }.ToAsyncEnumerable(), Token)).ReqI32);
        await Assert.ThrowsAsync<OtherException>(() => service.PingPongAsync(Message(1), "other", Token));
    }

    [Fact]
    public async Task Interface_OverAClient_TakesOptionsOfACall()
    {
        IKitchenSink service = _client;

        await Assert.ThrowsAsync<ThriftTimeoutException>(() => service.AddAsync(2, 3, new() { Timeout = TimeSpan.Zero }, Token));
        await Assert.ThrowsAsync<ThriftTimeoutException>(() => service.ServerStreamAsync(Message(1), new() { Timeout = TimeSpan.Zero }).ToListAsync(Token).AsTask());
        await Assert.ThrowsAsync<ThriftTimeoutException>(() => _client.UnaryAsync(Message(1), new() { Timeout = TimeSpan.Zero }));
        Assert.Equal(5, await service.AddAsync(2, 3, new() { Timeout = Waits.Limit }, Token));
    }

    [Fact]
    public async Task Interface_OfAFake_TakesOptionsThatHaveNoEffect()
    {
        IKitchenSink fake = new KitchenSink();

        Assert.Equal(5, await fake.AddAsync(2, 3, new() { Timeout = TimeSpan.Zero }, Token));
        Assert.Equal(3, await fake.ServerStreamAsync(Message(3), new() { Timeout = TimeSpan.Zero }, Token).CountAsync(Token));
    }

    [Fact]
    public async Task AsObservable_WithOptions_AppliesThemToEachCall()
    {
        var rx = _client.AsObservable(options: new() { Timeout = TimeSpan.Zero });

        await Assert.ThrowsAsync<ThriftTimeoutException>(() => rx.Add(2, 3).ToTaskWithin(Waits.Limit));
        await Assert.ThrowsAsync<ThriftTimeoutException>(() => rx.ServerStream(Message(3)).ToTaskWithin(Waits.Limit));
    }

    [Fact]
    public async Task AsAsyncEnumerable_TokenOfTheMethod_EndsTheEnumeration()
    {
        using var source = new CancellationTokenSource();
        using var endless = new Subject<AllTypes>();
        var stream = new EndlessService(endless).AsAsyncEnumerable().ServerStreamAsync(Message(1), source.Token);
        await using var enumerator = stream.GetAsyncEnumerator(Token);
        var next = enumerator.MoveNextAsync().AsTask();

        await source.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next.Soon());

        // The subscription, which is made on another thread, may only just arrive; it is disposed of then.
        await Until(() => !endless.HasObservers);
    }

    private static AllTypes Message(int number) => new()
    {
        ReqString = "text",
        ReqI32 = number,
        FStruct = new Inner { Name = "inner", Numbers = { 1, 2 } },
        FUnion = Choice.Text("union"),
        FMapI32Struct = { [1] = new Inner { Name = "value" } },
        OptEnum = Color.Blue,
    };

    private sealed class EndlessService(IObservable<AllTypes> source) : IKitchenSinkRx
    {
        public IObservable<AllTypes> ServerStream(AllTypes req) => source;

        public IObservable<AllTypes> BidiEcho(IObservable<AllTypes> requests) => source;

        public IObservable<AllTypes> ClientStream(IObservable<AllTypes> requests) => source;

        public IObservable<AllTypes> Unary(AllTypes req) => source;

        public IObservable<AllTypes> PingPong(AllTypes first, string second) => source;

        public IObservable<AllTypes> PingPongDefault(AllTypes req) => source;

        public IObservable<System.Reactive.Unit> Fire(string what) => Observable.Return(System.Reactive.Unit.Default);

        public IObservable<System.Reactive.Unit> DoVoid(string what) => Observable.Return(System.Reactive.Unit.Default);

        public IObservable<string> EchoString(string what) => Observable.Return(what);

        public IObservable<int> Add(int a, int b) => Observable.Return(a + b);

        public IObservable<List<long>> Range(long from, long to) => Observable.Return(new List<long> { from, to });
    }
}

file static class ObservableWaits
{
    public static async Task<T> ToTaskWithin<T>(this IObservable<T> source, TimeSpan patience)
        => await System.Reactive.Threading.Tasks.TaskObservableExtensions.ToTask(source).WaitAsync(patience, TestContext.Current.CancellationToken);
}
