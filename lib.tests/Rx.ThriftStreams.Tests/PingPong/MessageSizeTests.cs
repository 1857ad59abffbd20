using Microsoft.AspNetCore.Http;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.AspNetCore.Hosting;
using Rx.ThriftStreams.Tests.Interop;

namespace Rx.ThriftStreams.Tests.PingPong;

/// <summary>One limit and one status for messages that are too large, whatever the transport and the direction.</summary>
public sealed class MessageSizeTests : IAsyncLifetime
{
    private const int Limit = 10_000;

    // A text as the only field of a struct: field header, length, stop.
    private const int AroundText = 3 + 4 + 1;

    private ThriftServer _strict = null!;
    private ThriftServer _lax = null!;

    public static TheoryData<ThriftTransport, bool> Transports
    {
        get
        {
            var data = new TheoryData<ThriftTransport, bool>();
            foreach (var transport in new[] { ThriftTransport.Grpc, ThriftTransport.TTHeader, ThriftTransport.TTHeaderFramed, ThriftTransport.Framed, ThriftTransport.Buffered })
            {
                data.Add(transport, true);
                data.Add(transport, false);
            }

            return data;
        }
    }

    public async ValueTask InitializeAsync()
    {
        _strict = await ThriftServer.StartAsync("127.0.0.1:0", server => server.AddService<IKitchenSink>(new SinkService()).Configure(o => o.Limits.MaxReceiveMessageSize = Limit));
        _lax = await ThriftServer.StartAsync("127.0.0.1:0", server => server.AddService<IKitchenSink>(new SinkService()));
    }

    public async ValueTask DisposeAsync()
    {
        await _strict.DisposeAsync();
        await _lax.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task Message_OneByteOverTheLimit_IsResourceExhaustedAndOneOfTheLimitIsTaken(ThriftTransport transport, bool isRequest)
    {
        await using var channel = Open(isRequest ? _strict : _lax, transport, isRequest);
        var client = new KitchenSinkClient(channel);

        Assert.Equal(Limit - AroundText, (await client.EchoStringAsync(new string('x', Limit - AroundText), TestContext.Current.CancellationToken)).Length);
        foreach (var size in new[] { Limit - AroundText + 1, Limit + 1000, Limit + 200_000, Limit + 1_000_000 })
        {
            var error = await Assert.ThrowsAnyAsync<ThriftException>(() => client.EchoStringAsync(new string('x', size), TestContext.Current.CancellationToken));
            Assert.True(error.StatusCode == ThriftStatusCode.ResourceExhausted, $"{size} bytes: {error.StatusCode}, {error.GetType().Name}: {error.Message}");

            // A gateway passes the refusal of its request on, without the names of options; that it does not accept an answer is not its caller's mistake.
            Assert.Equal(isRequest ? StatusCodes.Status413PayloadTooLarge : StatusCodes.Status502BadGateway, HttpStatus.OfCallMade(error));
            Assert.Equal((isRequest ? "The request is larger than the service accepts." : null, null), (MadeCallErrors.DetailOf(error), MadeCallErrors.TextOf(error)));
        }

        Assert.Equal("fine", await client.EchoStringAsync("fine", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Answer_TooLargeOverASharedConnection_FailsItsCallAlone()
    {
        await using var server = new ScriptedPingPongServer(request => ScriptedPingPongServer.Reply(request, request.Pairs["x-size"] == "large" ? new string('x', 100_000) : "fine"));
        await using var channel = PatientChannel.ForAddress($"ttheader://{server.Endpoint}", new ThriftChannelOptions
        {
            PingPongTransport = ThriftTransport.TTHeader,
            Connections = { Mode = ThriftConnectionMode.Multiplexed, MaxPerEndpoint = 1 },
            Limits = { MaxReceiveMessageSize = Limit },
        });
        var client = new Demo.Echo.TestServiceClient(channel);

        var error = await Assert.ThrowsAsync<ThriftStatusException>(() => client.EchoPingPongAsync(new(), Sized("large"), TestContext.Current.CancellationToken).Soon());

        Assert.Equal(ThriftStatusCode.ResourceExhausted, error.StatusCode);
        Assert.Equal("fine", (await client.EchoPingPongAsync(new(), Sized("small"), TestContext.Current.CancellationToken).Soon()).Message);
        Assert.Equal(1, server.Connections);

        static ThriftCallOptions Sized(string size) => new() { Headers = new() { { "x-size", size } } };
    }

    private static ThriftChannel Open(ThriftServer server, ThriftTransport transport, bool isRequest)
    {
        var scheme = transport == ThriftTransport.Grpc ? "grpc" : "ttheader";
        return PatientChannel.ForAddress($"{scheme}://{server.Endpoint}", new ThriftChannelOptions
        {
            PingPongTransport = transport,
            Limits = { MaxReceiveMessageSize = isRequest ? 4 * 1024 * 1024 : Limit },
        });
    }
}
