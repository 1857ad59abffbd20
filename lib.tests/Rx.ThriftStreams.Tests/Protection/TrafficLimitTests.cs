using System.Threading.RateLimiting;
using Demo.Echo;
using Microsoft.AspNetCore.Builder;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.AspNetCore.Protection;
using static Rx.ThriftStreams.Tests.Protection.ProtectedServer;
using static Rx.ThriftStreams.Tests.Support.Waits;

namespace Rx.ThriftStreams.Tests.Protection;

/// <summary>Limits of calls, messages and connections, as callers over each transport see them.</summary>
public sealed class TrafficLimitTests
{
    private const string TooFrequent = "ResourceExhausted: request over limit: request too frequent";

    [Theory]
    [InlineData("grpc", "ResourceExhausted: request too frequent")]
    [InlineData("ttheader", TooFrequent)]
    public async Task CallsPerSecond_Stream_IsRefusedBeforeItsHandler(string scheme, string expected)
    {
        await using var server = await StartAsync(new() { CallsPerSecond = 2 });
        await using var channel = server.Open(scheme);

        Assert.Equal(["x-0", "x-0", expected], [await StreamAsync(channel), await StreamAsync(channel), await StreamAsync(channel)]);
        server.Clock.Advance(TimeSpan.FromSeconds(0.5));
        Assert.Equal(["x-0", expected], [await StreamAsync(channel), await StreamAsync(channel)]);
    }

    [Theory]
    [InlineData(ThriftTransport.TTHeader, TooFrequent)]
    [InlineData(ThriftTransport.Framed, TooFrequent)]
    [InlineData(ThriftTransport.Buffered, TooFrequent)]
    [InlineData(ThriftTransport.Grpc, "ResourceExhausted: request too frequent")]
    public async Task CallsPerSecond_PingPong_IsRefusedAndTheConnectionStays(ThriftTransport transport, string expected)
    {
        await using var server = await StartAsync(new() { CallsPerSecond = 1 });
        await using var channel = server.Open("ttheader", transport);

        Assert.Equal(["x", expected], [await PingPongAsync(channel), await PingPongAsync(channel)]);
        server.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("x", await PingPongAsync(channel));
    }

    [Fact]
    public async Task CallsPerSecond_OfAMethod_LeavesOtherMethodsAlone()
    {
        await using var server = await StartAsync(new() { Services = { ["TestService/EchoPingPong"] = new() { CallsPerSecond = 1 } } });
        await using var channel = server.Open("ttheader");

        Assert.Equal(["x", TooFrequent], [await PingPongAsync(channel), await PingPongAsync(channel)]);
        Assert.Equal("x-0", await StreamAsync(channel));
    }

    [Fact]
    public async Task CallsPerSecond_RefusedByTheMethod_TakesNothingFromTheServer()
    {
        await using var server = await StartAsync(new() { CallsPerSecond = 2, Services = { ["TestService/EchoPingPong"] = new() { CallsPerSecond = 1 } } });
        await using var channel = server.Open("ttheader");

        Assert.Equal(["x", TooFrequent, TooFrequent], [await PingPongAsync(channel), await PingPongAsync(channel), await PingPongAsync(channel)]);
        Assert.Equal("x-0", await StreamAsync(channel));
    }

    [Fact]
    public async Task ConcurrentCalls_OneTooMany_IsRefusedUntilAnotherEnds()
    {
        var service = new GateService();
        await using var server = await StartAsync(new() { ConcurrentCalls = 1 }, service);
        await using var channel = server.Open("ttheader");
        var first = new TestServiceClient(channel).EchoPingPongAsync(new() { Message = "gate" }, TestContext.Current.CancellationToken);
        await service.Entered.Soon();

        Assert.Equal("ResourceExhausted: request over limit: too many concurrent requests", await PingPongAsync(channel));
        service.Open();
        await first.Soon();
        Assert.Equal("x", await PingPongAsync(channel));
    }

    [Theory]
    [InlineData("grpc", "ResourceExhausted: messages too frequent")]
    [InlineData("ttheader", "ResourceExhausted: request over limit: messages too frequent")]
    public async Task MessagesPerSecond_OneTooMany_EndsTheStream(string scheme, string expected)
    {
        await using var server = await StartAsync(new() { MessagesPerSecond = 3 });
        await using var channel = server.Open(scheme);
        Task<string> Send(int count) => TryAsync(async () => (await new TestServiceClient(channel).EchoClientAsync(
            Enumerable.Repeat(new Request { Message = "m" }, count).ToAsyncEnumerable(), TestContext.Current.CancellationToken)).Message!);

        Assert.Equal("m,m,m", await Send(3));
        Assert.Equal(expected, await Send(4));
    }

    [Fact]
    public async Task Change_WhileTheServerRuns_HoldsForTheNextCall()
    {
        await using var server = await StartAsync();
        await using var channel = server.Open("ttheader");
        Assert.Equal("x", await PingPongAsync(channel));

        server.Limits.Change(new() { CallsPerSecond = 1 });
        Assert.Equal(["x", TooFrequent], [await PingPongAsync(channel), await PingPongAsync(channel)]);
        server.Limits.Change(new() { CallsPerSecond = 1_000 });
        server.Clock.Advance(TimeSpan.FromSeconds(1));
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal("x", await PingPongAsync(channel));
        }

        server.Limits.Change(new());
        Assert.Equal("x", await PingPongAsync(channel));
    }

    [Fact]
    public async Task Change_InvalidValue_IsLoggedAndChangesNothing()
    {
        await using var server = await StartAsync(new() { CallsPerSecond = 1 });
        await using var channel = server.Open("ttheader");

        server.Limits.Change(new() { CallsPerSecond = 0 });

        Assert.Contains(server.Log.Entries, entry => entry.Id == 61 && entry.Error!.Message.Contains("ThriftTrafficLimits.CallsPerSecond", StringComparison.Ordinal));
        Assert.Equal(["x", TooFrequent], [await PingPongAsync(channel), await PingPongAsync(channel)]);
    }

    [Fact]
    public async Task Change_IsLoggedOnceWithWhatHasChanged()
    {
        await using var server = await StartAsync(new() { CallsPerSecond = 10, ConcurrentCalls = 5, Services = { ["TestService"] = new() { ConcurrentCalls = 1 } } });

        for (var i = 0; i < 2; i++)
        {
            server.Limits.Change(new() { CallsPerSecond = 20, ConcurrentCalls = 5, Connections = 7, Services = { ["TestService/Echo"] = new() { MessagesPerSecond = 3 } } });
        }

        Assert.Equal(
            ["The traffic limits were changed: CallsPerSecond 10 -> 20, Connections none -> 7, TestService.ConcurrentCalls 1 -> none, TestService/Echo.MessagesPerSecond none -> 3."],
            server.Log.Entries.Where(static entry => entry.Id == 60).Select(static entry => entry.Text));
    }

    [Fact]
    public async Task Change_OfMany_IsOneBoundedEntry()
    {
        await using var server = await StartAsync();
        var limits = new ThriftTrafficLimits();
        for (var i = 10; i < 40; i++)
        {
            limits.Services[$"Service{i}\n"] = new() { CallsPerSecond = i };
        }

        server.Limits.Change(limits);

        var text = Assert.Single(server.Log.Entries, static entry => entry.Id == 60).Text;
        Assert.StartsWith(@"The traffic limits were changed: Service10\u000A.CallsPerSecond none -> 10, ", text, StringComparison.Ordinal);
        Assert.EndsWith(@"Service29\u000A.CallsPerSecond none -> 29, and 10 more.", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_InvalidValue_NamesIt()
    {
        var error = await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => StartAsync(new() { Services = { ["S"] = new() { ConcurrentCalls = -1 } } }));

        Assert.Contains("ThriftTrafficLimits.Services[S].ConcurrentCalls", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("grpc", "ResourceExhausted: too many connections")]
    [InlineData("ttheader", "ResourceExhausted: request over limit: too many connections")]
    public async Task Connections_OneTooMany_IsToldWhyByItsCalls(string scheme, string expected)
    {
        await using var server = await StartAsync(new() { Connections = 1 }, configure: options => options.TimeProvider = TimeProvider.System);
        await using var first = server.Open(scheme);
        await using var second = server.Open(scheme);
        Assert.Equal("x-0", await StreamAsync(first));

        Assert.Equal(expected, await StreamAsync(second));
        Assert.Contains(server.Log.Entries, entry => entry.Id == 63);
        Assert.Equal("x-0", await StreamAsync(first));
    }

    [Fact]
    public async Task Connections_OneTooManyByPingPong_IsToldWhy()
    {
        await using var server = await StartAsync(new() { Connections = 1 }, configure: options => options.TimeProvider = TimeProvider.System);
        await using var first = server.Open("ttheader");
        await using var second = server.Open("ttheader");
        Assert.Equal("x", await PingPongAsync(first));

        Assert.Equal("ResourceExhausted: request over limit: too many connections", await PingPongAsync(second));
    }

    [Fact]
    public void ConnectionLimit_ManyTooMany_AreClosedBeyondABound()
    {
        var limit = new ConnectionLimit { Most = 1 };

        Assert.Equal(ConnectionAdmission.Served, limit.Enter());
        for (var i = 0; i < ConnectionLimit.MostRefused; i++)
        {
            Assert.Equal(ConnectionAdmission.Refused, limit.Enter());
        }

        Assert.Equal(ConnectionAdmission.Closed, limit.Enter());
        limit.Leave(ConnectionAdmission.Closed);
        Assert.Equal(ConnectionAdmission.Closed, limit.Enter());
        limit.Leave(ConnectionAdmission.Refused);
        Assert.Equal(ConnectionAdmission.Refused, limit.Enter());
        limit.Leave(ConnectionAdmission.Served);
        Assert.Equal(ConnectionAdmission.Served, limit.Enter());
    }

    [Theory]
    [InlineData("grpc", "ResourceExhausted: request too frequent")]
    [InlineData("ttheader", TooFrequent)]
    public async Task CallLimiter_ByTheCaller_RefusesThatCallerAlone(string scheme, string expected)
    {
        await using var limiter = PartitionedRateLimiter.Create<ThriftServerContext, string>(context => RateLimitPartition.GetFixedWindowLimiter(
            context.RequestHeaders.TryGetValue("tenant", out var tenant) ? tenant : string.Empty,
            _ => new() { PermitLimit = 1, Window = TimeSpan.FromHours(1) }));
        await using var server = await StartAsync(configure: options => options.CallLimiter = limiter);
        await using var channel = server.Open(scheme);
        Task<string> Call(string tenant) => TryAsync(async () => (await new TestServiceClient(channel).EchoServerAsync(
            new() { Message = "x" }, new() { Headers = new() { ["tenant"] = tenant } }, TestContext.Current.CancellationToken).FirstAsync()).Message!);

        Assert.Equal(["x-0", expected, "x-0"], [await Call("a"), await Call("a"), await Call("b")]);
    }

    [Fact]
    public async Task Refusal_IsCountedWithItsReason_AndLogged()
    {
        using var counted = new Measurements("thriftstreams.server.refused_calls");
        await using var server = await StartAsync(new() { Services = { ["TestService/EchoUnary"] = new() { CallsPerSecond = 1 } } });
        await using var channel = server.Open("ttheader");
        Task<string> Call() => TryAsync(async () => (await new TestServiceClient(channel).EchoUnaryAsync(new() { Message = "x" }, TestContext.Current.CancellationToken)).Message!);

        Assert.Equal(["x", TooFrequent], [await Call(), await Call()]);

        Assert.Contains(counted.All, m => Equals(m["rpc.method"], "echo.TestService/EchoUnary") && Equals(m["thriftstreams.refusal"], "rate"));
        Assert.Contains(server.Log.Entries, entry => entry.Id == 62 && entry.Text.Contains("EchoUnary", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("grpc")]
    [InlineData("ttheader")]
    public async Task RejectRule_KnowsCallerAndMethod_AndRejectsBeforeTheHandler(string scheme)
    {
        await using var server = await StartAsync(
            configure: options => options.RejectRules.Add(context => new(context.Method.Name == "EchoServer" && context.RequestHeaders.TryGetValue("old", out _) ? "upgrade first" : null)));
        await using var channel = server.Open(scheme);
        Task<string> Call(ThriftMetadata headers) => TryAsync(async () => (await new TestServiceClient(channel).EchoServerAsync(
            new() { Message = "x" }, new() { Headers = headers }, TestContext.Current.CancellationToken).FirstAsync()).Message!);

        Assert.Equal("x-0", await Call([]));
        Assert.Equal("PermissionDenied: request forbidden: upgrade first", await Call(new() { ["old"] = "1" }));
    }

    [Fact]
    public async Task RejectRule_OfAService_RejectsOverFramed()
    {
        await using var server = await StartAsync(map: service => service.RejectThriftCalls(_ => new("closed")));
        await using var channel = server.Open("ttheader", ThriftTransport.Framed);

        Assert.Equal("PermissionDenied: request forbidden: closed", await PingPongAsync(channel));
    }
}
