using Demo.Echo;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.Contracts;
using static Rx.ThriftStreams.Tests.Support.Waits;

namespace Rx.ThriftStreams.Tests.Surface;

/// <summary>What a caller catches depends on what happened, and not on the transport.</summary>
public sealed class ErrorMatrixTests
{
    private static readonly string[] Streams = ["grpc", "ttheader", "memory"];
    private static readonly string[] Calls = ["grpc", "ttheader", "ttheaderframed", "framed", "buffered", "memory"];

    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<ThriftException?> _reason = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public enum Cause
    {
        Refusal,
        Fault,
        OtherException,
        UnknownMethod,
        UnknownService,
        UndecodableRequest,
        TimeLimit,
        ConnectionLost,
    }

    public static TheoryData<string, bool, Cause> Cells
    {
        get
        {
            var cells = new TheoryData<string, bool, Cause>();
            foreach (var cause in Enum.GetValues<Cause>())
            {
                foreach (var transport in Streams)
                {
                    cells.Add(transport, true, cause);
                }

                foreach (var transport in Calls)
                {
                    cells.Add(transport, false, cause);
                }
            }

            return cells;
        }
    }

    [Theory]
    [MemberData(nameof(Cells))]
    public async Task Error_OfACause_IsTheSameOnEveryTransport(string transport, bool streams, Cause cause)
    {
        await using var memory = transport == "memory" ? ThriftInMemoryServer.Create(Configure) : null;
        await using var server = memory is null ? await ThriftServer.StartAsync("127.0.0.1:0", Configure) : null;
        using var relay = server is null ? null : new CutRelay(server.Endpoint);
        await using var channel = memory?.CreateChannel() ?? Open(transport, relay!.Endpoint);
        var call = CallAsync(channel, streams, cause);
        if (cause == Cause.ConnectionLost)
        {
            await _started.Task.Soon();
            relay?.Cut();
            await (memory?.DisposeAsync() ?? default);
        }

        var error = await Record.ExceptionAsync(() => call.Soon());

        var (type, code, text) = cause switch
        {
            Cause.Refusal => (typeof(ThriftStatusException), ThriftStatusCode.FailedPrecondition, "not now"),
            Cause.Fault => (typeof(ThriftStatusException), ThriftStatusCode.Internal, $"The handler of TestService.{(streams ? "EchoServer" : "EchoPingPong")} failed."),
            Cause.OtherException => (typeof(ThriftStatusException), ThriftStatusCode.Internal, "The handler failed. Its server logs the reason, and does not send it to callers."),
            Cause.UnknownMethod or Cause.UnknownService => (typeof(ThriftStatusException), ThriftStatusCode.Unimplemented, "unknown "),
            Cause.UndecodableRequest => (typeof(ThriftStatusException), ThriftStatusCode.Internal, "85 is not a Thrift type"),
            Cause.TimeLimit => (typeof(ThriftTimeoutException), ThriftStatusCode.DeadlineExceeded, "The "),
            _ => (typeof(ThriftTransportException), ThriftStatusCode.Unavailable, string.Empty),
        };
        Assert.Equal((type, code), (error?.GetType(), (error as ThriftException)?.StatusCode));
        Assert.StartsWith(text, error!.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("biz error", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("panic:", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("ttstream error", error.Message, StringComparison.Ordinal);
        if (cause is Cause.Refusal or Cause.Fault or Cause.UnknownMethod)
        {
            Assert.NotNull(((ThriftException)error).Kitex);
        }

        if (cause == Cause.UndecodableRequest)
        {
            // Over gRPC the wire has Kitex's number, which as a status would be PermissionDenied.
            Assert.Equal((transport, streams) switch { ("memory", _) => 13, ("ttheader", true) => 12001, _ => 7 }, ((ThriftException)error).Kitex!.Code);
        }
    }

    [Theory]
    [InlineData("grpc", false)]
    [InlineData("ttheader", false)]
    [InlineData("memory", false)]
    [InlineData("grpc", true)]
    [InlineData("ttheader", true)]
    public async Task CancellationReason_OfACause_IsTheSameOnEveryTransport(string transport, bool isLost)
    {
        using var cancel = new CancellationTokenSource();
        await using var memory = transport == "memory" ? ThriftInMemoryServer.Create(Configure) : null;
        await using var server = memory is null ? await ThriftServer.StartAsync("127.0.0.1:0", Configure) : null;
        using var relay = server is null ? null : new CutRelay(server.Endpoint);
        await using var channel = memory?.CreateChannel() ?? Open(transport, relay!.Endpoint);
        var call = new TestServiceClient(channel).EchoServerAsync(Ask("wait"), cancel.Token).CountAsync(cancel.Token).AsTask();
        await _started.Task.Soon();
        if (isLost)
        {
            relay!.Cut();
        }
        else
        {
            await cancel.CancelAsync();
        }

        await Record.ExceptionAsync(() => call.Soon());
        var reason = await _reason.Task.Soon();

        Assert.IsType(isLost ? typeof(ThriftTransportException) : typeof(ThriftStatusException), reason);
        Assert.Equal(ThriftStatusCode.Cancelled, reason.StatusCode);
        Assert.Equal(transport == "ttheader" ? (isLost ? 12013 : 12007) : null, reason.Kitex?.Code);
    }

    /// <summary>A status that only a private pair can carry: the code of Kitex's text is not its own.</summary>
    [Theory]
    [InlineData("ttheader", true)]
    [InlineData("ttheader", false)]
    [InlineData("ttheaderframed", false)]
    public async Task BizStatus_WithAStatusOfItsOwn_SurvivesTTHeader(string transport, bool streams)
    {
        await using var server = await ThriftServer.StartAsync("127.0.0.1:0", setup => setup.AddService<ITestService>(new ScriptedService
        {
            EchoServer = (_, _) => throw new ThriftBizStatusException(7, "no funds", null, ThriftStatusCode.NotFound),
            EchoUnary = (_, _) => throw new ThriftBizStatusException(7, "no funds", null, ThriftStatusCode.NotFound),
        }));
        await using var channel = Open(transport, server.Endpoint.ToString());

        var error = await Assert.ThrowsAsync<ThriftBizStatusException>(() => CallAsync(channel, streams, Cause.Refusal).Soon());

        Assert.Equal((7, "no funds", ThriftStatusCode.NotFound), (error.Code, error.Message, error.StatusCode));
        Assert.DoesNotContain("rx-status", error.Trailers.Select(trailer => trailer.Key));
    }

    private void Configure(ThriftServerBuilder setup) => setup
        .AddService<ITestService>(new ScriptedService
        {
            EchoServer = (request, ct) => Handle(request, ct),
            EchoUnary = async (request, ct) => await Handle(request, ct).FirstAsync(ct),
        })
        .Configure(options => options.RevealErrors = false);

    private async IAsyncEnumerable<Response> Handle(Request request, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        switch (request.Message)
        {
            case nameof(Cause.Refusal):
                throw new ThriftStatusException(ThriftStatusCode.FailedPrecondition, "not now");
            case nameof(Cause.Fault):
                throw new InvalidOperationException("secret");
            case nameof(Cause.OtherException):
                throw new IOException("secret");
        }

        var context = ThriftServerContext.Current!;
        _started.TrySetResult();
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
        }
        finally
        {
            _reason.TrySetResult(context.CancellationReason);
        }

        yield break;
    }

    private static ThriftChannel Open(string transport, string endpoint)
    {
        var options = new ThriftChannelOptions();
        if (transport is not ("grpc" or "ttheader"))
        {
            options.PingPongTransport = Enum.Parse<ThriftTransport>(transport, ignoreCase: true);
        }
        else if (transport == "ttheader")
        {
            options.PingPongTransport = ThriftTransport.TTHeader;
        }

        return PatientChannel.ForAddress($"{(transport == "grpc" ? "grpc" : "ttheader")}://{endpoint}", options);
    }

    private static async Task CallAsync(ThriftChannel channel, bool streams, Cause cause)
    {
        var client = new TestServiceClient(channel);
        var ct = TestContext.Current.CancellationToken;
        var service = cause == Cause.UnknownService ? "Nowhere" : "TestService";
        var options = new ThriftCallOptions { Timeout = cause == Cause.TimeLimit ? TimeSpan.FromMilliseconds(200) : Limit };
        if (cause is Cause.UnknownMethod or Cause.UnknownService)
        {
            if (!streams)
            {
                await new UnknownMethodClient(channel, service, "Nothing").CallAsync(ct);
                return;
            }

            var unknown = new ThriftMethod<Request, Response>("echo", service, "Nothing", ThriftStreamingMode.Bidirectional);
            await using var call = await channel.OpenAsync(unknown, null, new ThriftCallOptions(), ct);
            await call.Responses.MoveNextAsync();
        }
        else if (cause == Cause.UndecodableRequest)
        {
            var invoker = new ThriftInvoker(channel);
            await (streams
                ? (Task)invoker.ServerStreamingAsync(new ThriftMethod<Broken, Response>("echo", service, "EchoServer", ThriftStreamingMode.Server), new Broken(), options, ct).CountAsync(ct).AsTask()
                : invoker.CallAsync(new ThriftMethod<Broken, ThriftRawMessage>("echo", service, "EchoPingPong", ThriftStreamingMode.PingPong), new Broken(), options, ct));
        }
        else if (streams)
        {
            await client.EchoServerAsync(Ask($"{cause}"), options, ct).CountAsync(ct);
        }
        else
        {
            await client.EchoPingPongAsync(Ask($"{cause}"), options, ct);
        }
    }
}
