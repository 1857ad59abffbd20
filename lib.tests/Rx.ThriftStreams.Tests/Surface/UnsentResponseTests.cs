using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.Tests.HttpJson;
using Rx.ThriftStreams.Tests.Interop;
using static Rx.ThriftStreams.Tests.Support.Waits;

namespace Rx.ThriftStreams.Tests.Surface;

/// <summary>Responses that cannot be written, and handlers that return null: the handler is at fault, and the log says so.</summary>
public sealed class UnsentResponseTests
{
    private const string MissingText = "The response was not sent: required field req_string is not set (struct AllTypes).";

    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;

    public static TheoryData<string, ThriftTransport, string> Calls()
    {
        var calls = new TheoryData<string, ThriftTransport, string>();
        foreach (var scheme in new[] { "grpc", "ttheader", "memory" })
        {
            foreach (var kind in new[] { "unary", "server", "client", "bidirectional", "ping-pong" })
            {
                calls.Add(scheme, ThriftTransport.TTHeader, kind);
            }
        }

        foreach (var transport in new[] { ThriftTransport.Grpc, ThriftTransport.TTHeaderFramed, ThriftTransport.Framed, ThriftTransport.Buffered })
        {
            calls.Add("ttheader", transport, "ping-pong");
        }

        return calls;
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task Response_RequiredFieldThatIsNotSet_IsAFaultOfTheHandler(string scheme, ThriftTransport transport, string kind)
    {
        var (error, entry) = await FailAsync(scheme, transport, kind, new Broken(), reveal: false);

        Assert.Equal(ThriftStatusCode.Internal, error.StatusCode);
        Assert.DoesNotContain("req_string", error.Message, StringComparison.Ordinal);
        Assert.Equal((LogLevel.Error, 10, MissingText), (entry.Level, entry.Id, entry.Error!.Message));
        Assert.True(Assert.IsType<ThriftProtocolException>(entry.Error).IsUnsent);
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task Response_RequiredFieldThatIsNotSet_ErrorsAreRevealed_TellsTheCaller(string scheme, ThriftTransport transport, string kind)
    {
        var (error, _) = await FailAsync(scheme, transport, kind, new Broken(), reveal: true);

        Assert.Contains(MissingText, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Response_ServedAsJson_RequiredFieldThatIsNotSet_IsAFaultOfTheHandler()
    {
        using var log = new LogCollector();
        await using var host = await JsonHost.StartAsync(
            services: services => services.AddLogging(logging => logging.AddProvider(log)),
            map: static app =>
            {
                app.MapThriftService<IKitchenSink>(new Broken());
                app.MapThriftJson<IKitchenSink>(options: new() { RespectRequiredFields = false });
            });

        var (status, body) = await host.PostAsync("echo.KitchenSink/Unary", "{}");

        Assert.Equal(HttpStatusCode.InternalServerError, status);
        Assert.DoesNotContain("req_string", body, StringComparison.Ordinal);
        var entry = Assert.Single(log.Entries, static entry => entry.Level >= LogLevel.Warning);
        Assert.Equal((LogLevel.Error, 10, MissingText), (entry.Level, entry.Id, entry.Error!.Message));
    }

    [Theory]
    [InlineData("server", null, "The handler of echo.KitchenSink/ServerStream returned null instead of a stream of responses. Return an empty stream if there are none.")]
    [InlineData("bidirectional", null, "The handler of echo.KitchenSink/BidiEcho returned null instead of a stream of responses. Return an empty stream if there are none.")]
    [InlineData("client", null, "The handler of echo.KitchenSink/ClientStream returned null instead of a task. Make it async, or return Task.FromResult.")]
    [InlineData("server", "yield", "The handler of echo.KitchenSink/ServerStream returned null as a response of its stream. Return a message, or none.")]
    [InlineData("bidirectional", "yield", "The handler of echo.KitchenSink/BidiEcho returned null as a response of its stream. Return a message, or none.")]
    public async Task Handler_ThatReturnsNull_IsNamedWithWhatToReturn(string kind, string? yields, string text)
    {
        foreach (var scheme in (string[])["grpc", "ttheader", "memory"])
        {
            var (error, entry) = await FailAsync(scheme, ThriftTransport.TTHeader, kind, yields is null ? new Null() : new NullInStream(), reveal: false);

            Assert.Equal(ThriftStatusCode.Internal, error.StatusCode);
            Assert.Equal((LogLevel.Error, 10, text), (entry.Level, entry.Id, Assert.IsType<InvalidOperationException>(entry.Error).Message));
        }
    }

    private static async Task<(ThriftException Error, (LogLevel Level, int Id, string Text, Exception? Error) Entry)> FailAsync(
        string scheme, ThriftTransport transport, string kind, IKitchenSink service, bool reveal)
    {
        // What clients within the process report has been logged by the server.
        var log = new LogCollector(LogLevel.Error);
        void Configure(ThriftServerBuilder server)
            => server.Logging(logging => logging.AddProvider(log)).Configure(options => options.RevealErrors = reveal).AddService(service);
        await using var server = scheme == "memory" ? null : await ThriftServer.StartAsync("127.0.0.1:0", Configure, Token);
        await using var inMemory = scheme == "memory" ? ThriftInMemoryServer.Create(Configure) : null;
        await using var channel = inMemory is not null ? inMemory.CreateChannel() : PatientChannel.ForAddress($"{scheme}://{server!.Endpoint}", new() { PingPongTransport = transport });

        var error = await Assert.ThrowsAnyAsync<ThriftException>(() => CallAsync(new(channel), kind).Soon());

        return (error, Assert.Single(log.Entries));
    }

    private static Task CallAsync(KitchenSinkClient client, string kind)
    {
        var request = new AllTypes { ReqString = "x", ReqI32 = 1 };
        return kind switch
        {
            "unary" => client.UnaryAsync(request, Token),
            "server" => client.ServerStreamAsync(request, Token).CountAsync(Token).AsTask(),
            "client" => client.ClientStreamAsync(new[] { request }.ToAsyncEnumerable(), Token),
            "bidirectional" => client.BidiEchoAsync(new[] { request }.ToAsyncEnumerable(), Token).CountAsync(Token).AsTask(),
            _ => client.PingPongDefaultAsync(request, Token),
        };
    }

    private sealed class Broken : KitchenSinkBase
    {
        public override Task<AllTypes> UnaryAsync(AllTypes req, CancellationToken cancellationToken = default) => Task.FromResult(Incomplete());

        public override Task<AllTypes> PingPongDefaultAsync(AllTypes req, CancellationToken cancellationToken = default) => Task.FromResult(Incomplete());

        public override Task<AllTypes> ClientStreamAsync(IAsyncEnumerable<AllTypes> requests, CancellationToken cancellationToken = default) => Task.FromResult(Incomplete());

        public override IAsyncEnumerable<AllTypes> ServerStreamAsync(AllTypes req, CancellationToken cancellationToken = default) => new[] { req, Incomplete() }.ToAsyncEnumerable();

        public override IAsyncEnumerable<AllTypes> BidiEchoAsync(IAsyncEnumerable<AllTypes> requests, CancellationToken cancellationToken = default)
            => requests.Select(static _ => Incomplete());

        private static AllTypes Incomplete() => new() { ReqString = null!, ReqI32 = 1 };
    }

    private sealed class Null : KitchenSinkBase
    {
        public override Task<AllTypes> ClientStreamAsync(IAsyncEnumerable<AllTypes> requests, CancellationToken cancellationToken = default) => null!;

        public override IAsyncEnumerable<AllTypes> ServerStreamAsync(AllTypes req, CancellationToken cancellationToken = default) => null!;

        public override IAsyncEnumerable<AllTypes> BidiEchoAsync(IAsyncEnumerable<AllTypes> requests, CancellationToken cancellationToken = default) => null!;
    }

    private sealed class NullInStream : KitchenSinkBase
    {
        public override IAsyncEnumerable<AllTypes> ServerStreamAsync(AllTypes req, CancellationToken cancellationToken = default) => new[] { req, null! }.ToAsyncEnumerable();

        public override IAsyncEnumerable<AllTypes> BidiEchoAsync(IAsyncEnumerable<AllTypes> requests, CancellationToken cancellationToken = default)
            => requests.Select(static _ => (AllTypes)null!);
    }
}
