using Microsoft.Extensions.Logging;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.Tests.Interop;
using static Rx.ThriftStreams.Tests.Support.Waits;

namespace Rx.ThriftStreams.Tests.Surface;

/// <summary>Requests that cannot be written: nothing leaves, and the server is not blamed.</summary>
public sealed class UnsentRequestTests
{
    private const string MissingText = "The request was not sent: required field req_string is not set (struct AllTypes).";

    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;

    public static TheoryData<string, ThriftTransport, string> Calls()
    {
        var calls = new TheoryData<string, ThriftTransport, string>();
        foreach (var scheme in new[] { "grpc", "ttheader", "memory" })
        {
            foreach (var kind in new[] { "unary", "server", "client", "bidirectional" })
            {
                calls.Add(scheme, ThriftTransport.TTHeader, kind);
            }
        }

        foreach (var transport in new[] { ThriftTransport.Grpc, ThriftTransport.TTHeader, ThriftTransport.TTHeaderFramed, ThriftTransport.Framed, ThriftTransport.Buffered })
        {
            calls.Add("ttheader", transport, "ping-pong");
        }

        calls.Add("memory", ThriftTransport.TTHeader, "ping-pong");
        return calls;
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task Call_RequiredFieldThatIsNotSet_SaysWhichAndThatNothingWasSent(string scheme, ThriftTransport transport, string kind)
    {
        await using var server = await ServerAsync();
        await using var inMemory = ThriftInMemoryServer.Create(static server => server.AddService<IKitchenSink>(new SinkService()));
        await using var channel = scheme == "memory" ? inMemory.CreateChannel() : PatientChannel.ForAddress($"{scheme}://{server.Endpoint}", new() { PingPongTransport = transport });
        var finished = new TaskCompletionSource<ThriftStreamEvent>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var subscription = channel.Events.Subscribe(new Ends(finished));

        var error = await Assert.ThrowsAsync<ThriftProtocolException>(() => CallAsync(new(channel), Incomplete(), kind).Soon());

        Assert.Equal((MissingText, (short)21, ThriftStatusCode.Internal), (error.Message, error.FieldId!.Value, error.StatusCode));
        var end = await finished.Task.Soon();
        Assert.Equal((0, 0L, MissingText), (end.SentMessages, end.SentBytes, end.Error!.Message));
    }

    /// <summary>What a frame cannot carry is found before it is written.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Call_HeaderTooLongForItsFrame_SaysThatNothingWasSent(bool isStream)
    {
        await using var server = await ServerAsync();
        await using var channel = PatientChannel.ForAddress($"ttheader://{server.Endpoint}", new());
        var client = new KitchenSinkClient(channel);
        var options = new ThriftCallOptions { Headers = new() { ["note"] = new string('x', 70_000) } };

        var error = await Assert.ThrowsAsync<ThriftProtocolException>(() => (isStream ? client.UnaryAsync(Complete(), options, Token) : (Task)client.AddAsync(1, 2, options, Token)).Soon());

        Assert.StartsWith("The request was not sent: ", error.Message, StringComparison.Ordinal);
        Assert.True(error.IsUnsent);
    }

    /// <summary>Also in the middle of a stream whose earlier requests have been sent.</summary>
    [Theory]
    [InlineData("grpc")]
    [InlineData("ttheader")]
    public async Task Stream_LaterRequestThatCannotBeWritten_EndsTheCall(string scheme)
    {
        await using var server = await ServerAsync();
        await using var channel = PatientChannel.ForAddress($"{scheme}://{server.Endpoint}", new());

        var error = await Assert.ThrowsAsync<ThriftProtocolException>(() => new KitchenSinkClient(channel).BidiEchoAsync(Requests(), Token).CountAsync(Token).AsTask().Soon());

        Assert.Equal(MissingText, error.Message);

        static async IAsyncEnumerable<AllTypes> Requests()
        {
            yield return Complete();
            await Task.Yield();
            yield return Incomplete();
        }
    }

    [Theory]
    [InlineData("grpc")]
    [InlineData("ttheader")]
    public async Task Call_RequestThatCannotBeWritten_DoesNotCountForTheBreaker(string scheme)
    {
        await using var server = await ServerAsync();
        await using var channel = PatientChannel.ForAddress(
            $"{scheme}://{server.Endpoint}", new() { Resilience = { CircuitBreaker = new() { MinimumThroughput = 2, CountCallFailures = true } } });
        var client = new KitchenSinkClient(channel);

        for (var i = 0; i < 5; i++)
        {
            await Assert.ThrowsAsync<ThriftProtocolException>(() => client.UnaryAsync(Incomplete(), Token).Soon());
        }

        Assert.Equal("x", (await client.UnaryAsync(Complete(), Token).Soon()).ReqString);
    }

    /// <summary>The caller of a handler sent nothing that cannot be decoded: the fault is the handler's, and its log has it.</summary>
    [Theory]
    [InlineData("grpc", ThriftTransport.TTHeader)]
    [InlineData("ttheader", ThriftTransport.TTHeader)]
    [InlineData("ttheader", ThriftTransport.Framed)]
    public async Task Handler_WhoseOwnRequestCannotBeWritten_IsAtFault(string scheme, ThriftTransport transport)
    {
        var log = new LogCollector();
        await using var dependency = await ServerAsync();
        await using var inner = PatientChannel.ForAddress($"grpc://{dependency.Endpoint}", new());
        await using var server = await ThriftServer.StartAsync(
            "127.0.0.1:0",
            server => server.Logging(logging => logging.AddProvider(log)).AddService<Demo.Echo.ITestService>(new ScriptedService
            {
                EchoUnary = async (_, cancellationToken) =>
                {
                    await new KitchenSinkClient(inner).UnaryAsync(Incomplete(), cancellationToken);
                    return new Demo.Echo.Response();
                },
            }),
            Token);
        await using var channel = PatientChannel.ForAddress($"{scheme}://{server.Endpoint}", new() { PingPongTransport = transport });

        var error = await Assert.ThrowsAsync<ThriftStatusException>(() => new Demo.Echo.TestServiceClient(channel).EchoPingPongAsync(Ask("x"), Token).Soon());

        Assert.Equal(ThriftStatusCode.Internal, error.StatusCode);
        Assert.DoesNotContain("req_string", error.Message, StringComparison.Ordinal);
        var fault = Assert.Single(log.Entries, static entry => entry.Level >= LogLevel.Warning);
        Assert.Equal((LogLevel.Error, 10, MissingText), (fault.Level, fault.Id, fault.Error!.Message));
    }

    private static Task<ThriftServer> ServerAsync() => ThriftServer.StartAsync("127.0.0.1:0", static server => server.AddService<IKitchenSink>(new SinkService()), Token);

    private static AllTypes Complete() => new() { ReqString = "x", ReqI32 = 1 };

    private static AllTypes Incomplete() => new() { ReqString = null!, ReqI32 = 1 };

    private static Task CallAsync(KitchenSinkClient client, AllTypes request, string kind) => kind switch
    {
        "unary" => client.UnaryAsync(request, Token),
        "server" => client.ServerStreamAsync(request, Token).CountAsync(Token).AsTask(),
        "client" => client.ClientStreamAsync(new[] { request }.ToAsyncEnumerable(), Token),
        "bidirectional" => client.BidiEchoAsync(new[] { request }.ToAsyncEnumerable(), Token).CountAsync(Token).AsTask(),
        _ => client.PingPongDefaultAsync(request, Token),
    };

    private sealed class Ends(TaskCompletionSource<ThriftStreamEvent> finished) : IObserver<ThriftStreamEvent>
    {
        public void OnCompleted()
        {
        }

        public void OnError(Exception error) => finished.TrySetException(error);

        public void OnNext(ThriftStreamEvent value)
        {
            if (value.Kind == ThriftStreamEventKind.RpcFinish)
            {
                finished.TrySetResult(value);
            }
        }
    }
}
