using System.Runtime.CompilerServices;
using Demo.Echo;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.Contracts;
using Twin;
using static Rx.ThriftStreams.Tests.Support.Waits;

namespace Rx.ThriftStreams.Tests.Hosting;

/// <summary>What a server is put together from: middleware by class and by service, checked implementations, several endpoints, a handler of everything else.</summary>
public sealed class ServerCompositionTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("grpc")]
    [InlineData("ttheader")]
    public async Task Middleware_ByClass_HasTheScopeOfItsCallAndIsDisposedWithIt(string scheme)
    {
        var journal = new Journal();
        await using var server = await ThriftServer.StartAsync(
            "127.0.0.1:0",
            server => server
                .AddService<ITestService, ScopedService>(service => service.UseThriftMiddleware<JournalMiddleware>())
                .Services(services => services.AddSingleton(journal).AddScoped<Ticket>()),
            Token);
        await using var channel = PatientChannel.ForAddress($"{scheme}://{server.Endpoint}");
        var client = new TestServiceClient(channel);

        var first = await client.EchoServerAsync(new() { Message = "x" }, Token).SingleAsync(Token);
        var second = await client.EchoServerAsync(new() { Message = "x" }, Token).SingleAsync(Token);

        Assert.NotEqual(first.Message, second.Message);
        await Until(() => journal.Count == 6);
        Assert.Equal([$"begin {first.Message}", "end", "disposed", $"begin {second.Message}", "end", "disposed"], journal.Entries);
    }

    [Theory]
    [InlineData("grpc", true)]
    [InlineData("ttheader", true)]
    [InlineData("grpc", false)]
    [InlineData("ttheader", false)]
    public async Task MessageMiddleware_ByClass_HasOneInstanceForTheMessagesOfACall(string scheme, bool isOfTheService)
    {
        var journal = new Journal();
        await using var server = await ThriftServer.StartAsync(
            "127.0.0.1:0",
            server => server
                .AddService<ITestService>(new EchoService(), service => _ = isOfTheService
                    ? service.UseThriftSendMiddleware<CountingMiddleware>().UseThriftReceiveMiddleware<CountingMiddleware>()
                    : service)
                .Configure(options => _ = isOfTheService ? options : options.UseSendMiddleware<CountingMiddleware>().UseReceiveMiddleware<CountingMiddleware>())
                .Services(services => services.AddSingleton(journal)),
            Token);
        await using var channel = PatientChannel.ForAddress($"{scheme}://{server.Endpoint}");

        for (var call = 0; call < 2; call++)
        {
            await using var stream = await new TestServiceClient(channel).OpenEchoAsync(cancellationToken: Token);
            await stream.SendAsync(Ask("a"), Token);
            await stream.SendAsync(Ask("b"), Token);
            await stream.CompleteAsync(Token);
            await stream.CountAsync(Token);
            await Until(() => journal.Count == 7 * (call + 1));
        }

        Assert.Equal(
            ["disposed", "disposed", "received 1", "received 2", "received end", "sent 1", "sent 2"],
            journal.Entries.Take(7).Order(StringComparer.Ordinal));
        Assert.Equal(journal.Entries.Take(7).Order(StringComparer.Ordinal), journal.Entries.Skip(7).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Start_MessageMiddlewareDependencyNotRegistered_NamesIt()
    {
        foreach (var configure in (Action<ThriftServerOptions>[])[static options => options.UseSendMiddleware<CountingMiddleware>(), static options => options.UseReceiveMiddleware<CountingMiddleware>()])
        {
            var error = await Assert.ThrowsAsync<InvalidOperationException>(() => ThriftServer.StartAsync(
                "127.0.0.1:0", server => server.AddService<ITestService>(new EchoService()).Configure(configure), Token));
            Assert.Contains("CountingMiddleware cannot be created for calls: its constructor needs Journal journal", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Middleware_OfTheHostAndOfAService_NestsAndLeavesOtherServicesAlone()
    {
        var journal = new Journal();
        ThriftServerStreamMiddleware Step(string name) => async (_, next) =>
        {
            journal.Add(name);
            await next();
        };
        await using var server = await ThriftServer.StartAsync(
            "127.0.0.1:0",
            server => server
                .AddService<ITestService>(new EchoService(), service => service.UseThriftMiddleware(Step("service"), receive: async (_, next) =>
                {
                    var message = await next();
                    journal.Add(message is null ? "end" : "message");
                    return message;
                }))
                .AddService<ITwinService>(new TwinService())
                .Configure(options =>
                {
                    options.PingPong.RefuseWithoutServiceName = true;
                    options.StreamMiddleware.Add(Step("host"));
                }),
            Token);
        await using var channel = PatientChannel.ForAddress($"ttheader://{server.Endpoint}");

        await new TestServiceClient(channel).EchoPingPongAsync(new() { Message = "x" }, Token);
        Assert.Equal(["host", "service", "message"], journal.Entries);
        await Assert.ThrowsAnyAsync<ThriftException>(() => new UnknownMethodClient(channel, "TwinService", "Nothing").CallAsync(Token));
        Assert.Equal(3, journal.Count);
    }

    [Fact]
    public async Task Start_DependencyNotRegistered_NamesIt()
    {
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => ThriftServer.StartAsync(
            "127.0.0.1:0", server => server.AddService<ITestService, ScopedService>(), Token));

        Assert.Contains("ScopedService cannot be created for calls: its constructor needs Ticket ticket", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_MiddlewareDependencyNotRegistered_NamesIt()
    {
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => ThriftServer.StartAsync(
            "127.0.0.1:0",
            server => server.AddService<ITestService>(new EchoService()).Configure(options => options.UseMiddleware<JournalMiddleware>()),
            Token));

        Assert.Contains("JournalMiddleware", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Listen_SeveralEndpoints_EachHasItsProtocols()
    {
        var path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.sock");
        await using var server = await ThriftServer.StartAsync(
            "127.0.0.1:0",
            server => server
                .AddService<ITestService>(new EchoService())
                .UseProtocols(ThriftProtocols.Grpc)
                .Listen("127.0.0.1:0", ThriftProtocols.TTHeaderStreaming)
                .Listen($"unix:{path}"),
            Token);

        Assert.Equal(3, server.Addresses.Count);
        Assert.Equal($"unix:{path}", server.Addresses[2]);
        Assert.Equal("3", await CountAsync($"grpc://{server.Addresses[2]}"));
        Assert.Equal(server.Endpoint.ToString(), server.Addresses[0]);
        Assert.Equal("3 failed", await CountAsync($"grpc://{server.Addresses[0]}") + " " + await CountAsync($"ttheader://{server.Addresses[0]}"));
        Assert.Equal("failed 3", await CountAsync($"grpc://{server.Addresses[1]}") + " " + await CountAsync($"ttheader://{server.Addresses[1]}"));

        static async Task<string> CountAsync(string address)
        {
            await using var channel = PatientChannel.ForAddress(address);
            try
            {
                return $"{await new TestServiceClient(channel).EchoServerAsync(new() { Message = "x" }, Token).CountAsync(Token)}";
            }
            catch (ThriftException)
            {
                return "failed";
            }
        }
    }

    /// <summary>A proxy in a few lines: what the caller sends reaches a server over another transport, and its answer, its headers and its status come back.</summary>
    [Theory]
    [InlineData("grpc", "ttheader")]
    [InlineData("ttheader", "grpc")]
    public async Task Fallback_Proxy_PassesStreamsOnAcrossTransports(string front, string back)
    {
        await using var server = await ThriftServer.StartAsync("127.0.0.1:0", server => server.AddService<ITestService>(new ProxiedService()), Token);
        await using var backChannel = PatientChannel.ForAddress($"{back}://{server.Endpoint}");
        await using var proxy = await ThriftServer.StartAsync("127.0.0.1:0", proxy => proxy.AddFallback(new Proxy(backChannel).HandleAsync), Token);
        await using var channel = PatientChannel.ForAddress($"{front}://{proxy.Endpoint}");
        var client = new TestServiceClient(channel);
        var requests = Enumerable.Range(0, 20).Select(i => new Request { Message = $"{i}" });

        Assert.Equal(requests.Select(r => r.Message), await client.EchoAsync(requests.ToAsyncEnumerable(), Token).Select(r => r.Message).ToListAsync(Token));
        var answer = await client.EchoServerAsync(new() { Message = "x" }, new() { Headers = new() { ["tenant"] = "blue" } }, Token).SingleAsync(Token);
        Assert.Equal("blue", answer.Message);
        var error = await Assert.ThrowsAsync<ThriftStatusException>(() => client.EchoServerAsync(new() { Message = "fail" }, Token).CountAsync(Token).AsTask());
        Assert.Equal((ThriftStatusCode.NotFound, "no such thing"), (error.StatusCode, error.Message));
    }

    [Theory]
    [InlineData(ThriftTransport.TTHeader)]
    [InlineData(ThriftTransport.Framed)]
    [InlineData(ThriftTransport.Buffered)]
    public async Task Fallback_PingPong_GetsOneMessageAndReturnsOne(ThriftTransport transport)
    {
        (string Service, string Method, ThriftStreamingMode Mode)? seen = null;
        async IAsyncEnumerable<ThriftRawMessage> Handle(ThriftServerContext context, IAsyncEnumerable<ThriftRawMessage> requests, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            seen = (context.Method.ServiceName, context.Method.Name, context.Method.Mode);
            var request = await requests.SingleAsync(cancellationToken);

            // The arguments have the request as field 1; the result has the response as field 0.
            byte[] result = request.Bytes.ToArray();
            result[2] = 0;
            yield return new(result);
        }

        await using var server = await ThriftServer.StartAsync("127.0.0.1:0", server => server.AddFallback(Handle), Token);
        await using var channel = PatientChannel.ForAddress($"ttheader://{server.Endpoint}", new() { PingPongTransport = transport });

        var answer = await new TestServiceClient(channel).EchoPingPongAsync(new() { Message = "raw" }, Token);

        Assert.Equal("raw", answer.Message);
        Assert.Equal((transport == ThriftTransport.TTHeader ? "TestService" : "*", "EchoPingPong", ThriftStreamingMode.PingPong), seen);
    }

    [Fact]
    public async Task Fallback_ServiceThatIsMapped_IsNotAffected_AndConventionsHold()
    {
        await using var server = await ThriftServer.StartAsync(
            "127.0.0.1:0",
            server => server
                .AddService<ITestService>(new EchoService())
                .AddFallback((_, requests, _) => requests, fallback => fallback.RejectThriftCalls(_ => new("closed"))),
            Token);
        await using var channel = PatientChannel.ForAddress($"ttheader://{server.Endpoint}");

        Assert.Equal("x", (await new TestServiceClient(channel).EchoPingPongAsync(new() { Message = "x" }, Token)).Message);
        var error = await Assert.ThrowsAsync<ThriftStatusException>(() => new UnknownMethodClient(channel, "Other", "Method").CallAsync(Token));
        Assert.Equal(ThriftStatusCode.PermissionDenied, error.StatusCode);
    }

    private sealed class Proxy(ThriftChannel channel)
    {
        private readonly ThriftInvoker _invoker = new(channel);

        internal IAsyncEnumerable<ThriftRawMessage> HandleAsync(ThriftServerContext context, IAsyncEnumerable<ThriftRawMessage> requests, CancellationToken cancellationToken)
        {
            var method = new ThriftMethod<ThriftRawMessage, ThriftRawMessage>("echo", context.Method.ServiceName, context.Method.Name, context.Method.Mode);
            return _invoker.DuplexStreamingAsync(method, requests, new() { Headers = context.RequestHeaders }, cancellationToken);
        }
    }

    private sealed class ProxiedService : EchoBase
    {
        public override async IAsyncEnumerable<Response> EchoServerAsync(Request req, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            await Task.CompletedTask;
            if (req.Message == "fail")
            {
                throw new ThriftStatusException(ThriftStatusCode.NotFound, "no such thing");
            }

            yield return new() { Message = ThriftServerContext.Current!.RequestHeaders["tenant"] };
        }
    }

    private sealed class Journal
    {
        private readonly List<string> _entries = [];

        internal int Count => Entries.Count;

        internal IReadOnlyList<string> Entries
        {
            get
            {
                lock (_entries)
                {
                    return [.. _entries];
                }
            }
        }

        internal void Add(string entry)
        {
            lock (_entries)
            {
                _entries.Add(entry);
            }
        }
    }

    private sealed class Ticket
    {
        internal string Number { get; } = Guid.NewGuid().ToString();
    }

    private sealed class JournalMiddleware(Journal journal, Ticket ticket) : IThriftServerMiddleware, IDisposable
    {
        public async ValueTask InvokeAsync(ThriftServerContext context, Func<ValueTask> next)
        {
            journal.Add($"begin {ticket.Number}");
            await next();
            journal.Add("end");
        }

        public void Dispose() => journal.Add("disposed");
    }

    private sealed class CountingMiddleware(Journal journal) : IThriftSendMiddleware, IThriftReceiveMiddleware, IDisposable
    {
        private int _count;

        public ValueTask InvokeAsync(ThriftCallContext context, object message, Func<object, ValueTask> next)
        {
            journal.Add($"sent {++_count}");
            return next(message);
        }

        public async ValueTask<object?> InvokeAsync(ThriftCallContext context, Func<ValueTask<object?>> next)
        {
            var message = await next();
            journal.Add(message is null ? "received end" : $"received {++_count}");
            return message;
        }

        public void Dispose() => journal.Add("disposed");
    }

    private sealed class ScopedService(Ticket ticket) : EchoBase
    {
        public override async IAsyncEnumerable<Response> EchoServerAsync(Request req, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            await Task.CompletedTask;
            yield return new() { Message = ticket.Number };
        }
    }
}
