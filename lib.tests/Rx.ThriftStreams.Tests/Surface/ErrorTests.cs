using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Tests.Interop;
using static Rx.ThriftStreams.Tests.Support.Waits;
using Response = Demo.Echo.Response;
using TestServiceClient = Demo.Echo.TestServiceClient;

namespace Rx.ThriftStreams.Tests.Surface;

public sealed class ErrorTests
{
    private const string Panic = "panic: [happened in biz handler, method=TestService.EchoServer, please check the panic at the server side]";
    private const string Hidden = "The handler failed. Its server logs the reason, and does not send it to callers.";

    private static ScriptedService Throwing(Exception error) => new() { EchoServer = (_, _) => throw error };

    private static async Task<TError> CallAsync<TError>(Loopback loop)
        where TError : Exception
        => await Assert.ThrowsAsync<TError>(() => loop.Client.EchoServerAsync(Ask("x")).ToListAsync(TestContext.Current.CancellationToken).Soon());

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(20)]
    [InlineData(12345)]
    [InlineData(-3)]
    public async Task Status_OfAnyNumber_SurvivesWithItsTextDetailsAndTrailers(int code)
    {
        byte[] details = [1, 0, 254, 77];
        await using var loop = await Loopback.StartAsync(new()
        {
            EchoServer = (_, _) =>
            {
                ThriftServerContext.Current!.ResponseTrailers.Add("x-why", "because");
                throw new ThriftStatusException((ThriftStatusCode)code, "100 % – über\nzwei Zeilen") { Details = details };
            },
        });

        var error = await CallAsync<ThriftStatusException>(loop);

        Assert.Equal(code, (int)error.StatusCode);
        Assert.Equal("100 % – über\nzwei Zeilen", error.Message);
        Assert.Equal((code, "100 % – über\nzwei Zeilen [biz error]"), (error.Kitex!.Code, error.Kitex.Text));
        Assert.Equal(details, error.Details!.Value.ToArray());
        Assert.Equal("because", error.Trailers["x-why"]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task BizStatus_BeforeOrAfterAMessage_ComesAsItWas(bool afterMessage)
    {
        var extra = new Dictionary<string, string> { ["grüße"] = "日本 \"<&>\"", ["b"] = string.Empty };
        await using var loop = await Loopback.StartAsync(new() { EchoServer = (_, _) => Fail() });
        await using var stream = await loop.Client.OpenEchoServerAsync(Ask("x")).Soon();

        var error = await Assert.ThrowsAsync<ThriftBizStatusException>(() => stream.CountAsync(TestContext.Current.CancellationToken).Soon());

        Assert.Equal((-7, "no funds: ¥", ThriftStatusCode.FailedPrecondition), (error.Code, error.Message, error.StatusCode));
        Assert.Equal(extra, error.Extra.ToDictionary());
        Assert.Equal([9, 8], error.Details!.Value.ToArray());
        Assert.Equal(ThriftStatusCode.FailedPrecondition, stream.Status!.Value.Code);

        async IAsyncEnumerable<Response> Fail()
        {
            if (afterMessage)
            {
                yield return Answer("1");
            }

            await Task.Yield();
            throw new ThriftBizStatusException(-7, "no funds: ¥", extra, ThriftStatusCode.FailedPrecondition) { Details = new byte[] { 9, 8 } };
        }
    }

    [Theory]
    [InlineData(false, Hidden)]
    [InlineData(true, "secret 10.1.2.3")]
    public async Task OrdinaryException_IsInternalAndHiddenUnlessRevealed(bool reveal, string text)
    {
        await using var loop = await Loopback.StartAsync(Throwing(new IOException("secret 10.1.2.3")), server => server.RevealErrors = reveal ? true : null);

        var error = await CallAsync<ThriftStatusException>(loop);

        Assert.Equal((ThriftStatusCode.Internal, text), (error.StatusCode, error.Message));
        Assert.Contains(loop.Log.Entries, entry => entry.Level == LogLevel.Error && entry.Error is IOException);
    }

    [Theory]
    [InlineData(false, "The handler of TestService.EchoServer failed.", "")]
    [InlineData(true, "The handler of TestService.EchoServer failed: secret", " secret")]
    public async Task Fault_IsWhatKitexSaysOfAPanic(bool reveal, string text, string kitex)
    {
        await using var loop = await Loopback.StartAsync(Throwing(new InvalidOperationException("secret")), server => server.RevealErrors = reveal);

        var error = await CallAsync<ThriftStatusException>(loop);

        Assert.Equal((ThriftStatusCode.Internal, text), (error.StatusCode, error.Message));
        Assert.Equal(Panic + kitex, error.Kitex!.Text);
        Assert.Contains(loop.Log.Entries, entry => entry.Level == LogLevel.Error && entry.Error is InvalidOperationException);
    }

    [Theory]
    [InlineData(false, "A call that the handler made took too long. Its server logs the reason, and does not send it to callers.")]
    [InlineData(true, "A receive took longer than its timeout of 1000 ms.")]
    public async Task ErrorOfACallBehind_KeepsItsKindAndHidesItsText(bool reveal, string text)
    {
        var behind = new ThriftTimeoutException(ThriftTimeoutKind.Receive, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
        await using var loop = await Loopback.StartAsync(Throwing(behind), server => server.RevealErrors = reveal);

        var error = await CallAsync<ThriftStatusException>(loop);

        // 17 is known on clients only.
        Assert.Equal((ThriftStatusCode.DeadlineExceeded, text), (error.StatusCode, error.Message));
    }

    [Fact]
    public async Task CancellationOfSomethingElse_DoesNotLookLikeTheCallers()
    {
        await using var loop = await Loopback.StartAsync(Throwing(new TaskCanceledException("a timeout of my own")));

        Assert.Equal(ThriftStatusCode.Internal, (await CallAsync<ThriftStatusException>(loop)).StatusCode);
    }

    [Fact]
    public async Task DeclaredException_OfAUnaryMethod_IsCaughtAsItself()
    {
        await using var server = await ThriftServer.StartAsync("127.0.0.1:0", setup => setup.AddService<IKitchenSink>(new ScriptedSink
        {
            DoVoid = what => what == "fail" ? throw new SinkException { Code = 7, Reason = "full" } : Task.CompletedTask,
        }));
        await using var channel = PatientChannel.ForAddress($"grpc://{server.Endpoint}");
        var client = new KitchenSinkClient(channel);

        await client.DoVoidAsync("go", TestContext.Current.CancellationToken).Soon();
        var error = await Assert.ThrowsAsync<SinkException>(() => client.DoVoidAsync("fail", TestContext.Current.CancellationToken).Soon());

        Assert.Equal((7, "full"), (error.Code, error.Reason));
    }

    [Theory]
    [InlineData(false, "Nowhere", "Echo", 20, "unknown service Nowhere")]
    [InlineData(false, "TestService", "Nothing", 1, "unknown method Nothing")]
    [InlineData(true, "Nowhere", "Echo", 12, "unknown service Nowhere")]
    [InlineData(true, "TestService", "Nothing", 12, "unknown method Nothing")]
    public async Task UnknownServiceOrMethod_IsAnsweredAsKitexDoesUnlessStandard(bool standard, string service, string method, int code, string text)
    {
        await using var loop = await Loopback.StartAsync(new(), server => server.Grpc.UseStandardUnimplementedStatus = standard);
        var unknown = new ThriftMethod<Demo.Echo.Request, Response>("echo", service, method, ThriftStreamingMode.Bidirectional);
        await using var call = await loop.Channel.OpenAsync(unknown, null, loop.Channel.Defaults, TestContext.Current.CancellationToken).Soon();

        var error = await Assert.ThrowsAsync<ThriftStatusException>(() => call.Responses.MoveNextAsync().Soon());

        Assert.Equal((code, text, ThriftStatusCode.Unimplemented), (error.Kitex!.Code, error.Kitex.Text, error.StatusCode));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task RequestsThatFail_SurfaceAsThemselvesAndCancelTheHandler(bool duplex)
    {
        var received = new TaskCompletionSource();
        var cancelled = new TaskCompletionSource<ThriftException?>();
        await using var loop = await Loopback.StartAsync(new()
        {
            Echo = (requests, ct) => ReadAll(requests, ct),
            EchoClient = async (requests, ct) => await ReadAll(requests, ct).FirstAsync(ct),
        });
        var failure = new FormatException("mine");

        Task call = duplex
            ? loop.Client.EchoAsync(Broken()).ToListAsync(TestContext.Current.CancellationToken).AsTask()
            : loop.Client.EchoClientAsync(Broken(), TestContext.Current.CancellationToken);

        Assert.Same(failure, await Assert.ThrowsAsync<FormatException>(() => call.Soon()));
        Assert.Equal(ThriftStatusCode.Cancelled, (await cancelled.Task.Soon())!.StatusCode);

        async IAsyncEnumerable<Demo.Echo.Request> Broken()
        {
            yield return Ask("1");
            await received.Task;
            throw failure;
        }

        async IAsyncEnumerable<Response> ReadAll(IAsyncEnumerable<Demo.Echo.Request> requests, [EnumeratorCancellation] CancellationToken ct)
        {
            var context = ThriftServerContext.Current!;
            try
            {
                await foreach (var request in requests.WithCancellation(ct))
                {
                    received.SetResult();
                }
            }
            finally
            {
                await Until(() => context.CancellationReason is not null);
                cancelled.TrySetResult(context.CancellationReason);
            }

            yield break;
        }
    }

    [Fact]
    public async Task RequestThatCannotBeEncoded_FailsTheCallInsteadOfLeavingTheServerToWait()
    {
        await using var server = await ThriftServer.StartAsync("127.0.0.1:0", setup => setup.AddService<IKitchenSink>(new ScriptedSink()));
        await using var channel = PatientChannel.ForAddress($"grpc://{server.Endpoint}");
        var client = new KitchenSinkClient(channel);
        var bad = new AllTypes { ReqString = null!, ReqI32 = 1 };

        await Assert.ThrowsAnyAsync<Exception>(() => client.BidiEchoAsync(AsyncEnumerable.Repeat(bad, 1)).ToListAsync(TestContext.Current.CancellationToken).Soon());
        await Assert.ThrowsAnyAsync<Exception>(() => client.ServerStreamAsync(bad).ToListAsync(TestContext.Current.CancellationToken).Soon());
        await Assert.ThrowsAnyAsync<Exception>(() => client.UnaryAsync(bad, TestContext.Current.CancellationToken).Soon());
    }

    [Fact]
    public async Task Connect_NobodyListens_SaysWhere()
    {
        await using var channel = PatientChannel.ForAddress("grpc://127.0.0.1:1");

        var error = await Assert.ThrowsAsync<ThriftConnectException>(() => new TestServiceClient(channel).OpenEchoAsync().Soon());

        Assert.Equal(("127.0.0.1:1", ThriftStatusCode.Unavailable), (error.Address, error.StatusCode));
    }

    [Fact]
    public async Task Oneway_CallerGoesAwayAtOnce_IsHandledToItsEnd()
    {
        var go = new TaskCompletionSource();
        var handled = new TaskCompletionSource<(string What, bool Cancelled)>();
        await using var server = await ThriftServer.StartAsync("127.0.0.1:0", setup => setup.AddService<IKitchenSink>(new ScriptedSink
        {
            Fire = async (what, ct) =>
            {
                await go.Task;
                handled.SetResult((what, ct.IsCancellationRequested));
            },
        }));
        var channel = PatientChannel.ForAddress($"grpc://{server.Endpoint}");

        await new KitchenSinkClient(channel).FireAsync("and forget", TestContext.Current.CancellationToken).Soon();
        await channel.DisposeAsync().Soon();
        go.SetResult();

        Assert.Equal(("and forget", false), await handled.Task.Soon());
    }

    [Fact]
    public async Task Oneway_Many_NoneIsLost()
    {
        var handled = 0;
        await using var server = await ThriftServer.StartAsync("127.0.0.1:0", setup => setup.AddService<IKitchenSink>(new ScriptedSink
        {
            Fire = (_, _) =>
            {
                Interlocked.Increment(ref handled);
                return Task.CompletedTask;
            },
        }));
        var channel = PatientChannel.ForAddress($"grpc://{server.Endpoint}", new() { Resilience = { ConnectTimeout = Waits.Limit } });
        var client = new KitchenSinkClient(channel);

        await Task.WhenAll(Enumerable.Range(0, 500).Select(i => client.FireAsync($"{i}"))).Soon();
        await channel.DisposeAsync().Soon();

        await Until(() => Volatile.Read(ref handled) == 500);
    }
}
