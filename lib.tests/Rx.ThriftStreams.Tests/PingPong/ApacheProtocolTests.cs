using System.Net.Sockets;
using System.Text;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Tests.Interop;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Tests.PingPong;

/// <summary>Ping-pong calls in the protocols of Apache's peers, client to server of this library, and bytes by hand.</summary>
public sealed class ApacheProtocolTests : IAsyncLifetime
{
    private readonly SinkService _sink = new();
    private ThriftServer _server = null!;

    public static TheoryData<ThriftTransport, ThriftProtocol, bool> Protocols
    {
        get
        {
            var data = new TheoryData<ThriftTransport, ThriftProtocol, bool>();
            foreach (var transport in new[] { ThriftTransport.Framed, ThriftTransport.Buffered })
            {
                data.Add(transport, ThriftProtocol.Binary, false);
                data.Add(transport, ThriftProtocol.Compact, true);
                data.Add(transport, ThriftProtocol.Json, true);
            }

            return data;
        }
    }

    public async ValueTask InitializeAsync() => _server = await ThriftServer.StartAsync(
        "127.0.0.1:0",
        services => services
            .AddService<Demo.Echo.ITestService>(new EchoService())
            .AddService<IKitchenSink>(_sink)
            .Configure(options =>
            {
                options.RevealErrors = true;
                options.Limits.MaxReceiveMessageSize = 100_000;
            }));

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task Call_EveryKindOfMethod_Works(ThriftTransport transport, ThriftProtocol protocol, bool strict)
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var channel = Open(transport, protocol, strict);
        var client = new KitchenSinkClient(channel);

        Assert.Equal(5, await client.AddAsync(2, 3, cancellation));
        Assert.Equal("téxt\n😀", await client.EchoStringAsync("téxt\n😀", cancellation));
        Assert.Equal([1L, 2, 3], await client.RangeAsync(1, 4, cancellation));
        await client.DoVoidAsync("plain", cancellation);
        var sent = new AllTypes { ReqString = "r", ReqI32 = 7, FString = "one" };
        Assert.Equal(sent, await client.PingPongAsync(sent, "plain", cancellation));

        var declared = await Assert.ThrowsAsync<SinkException>(() => client.DoVoidAsync("throw:42:why", cancellation));
        Assert.Equal((42, "why"), (declared.Code, declared.Reason));
        var status = await Assert.ThrowsAsync<ThriftStatusException>(() => client.EchoStringAsync("status", cancellation));
        Assert.Equal((6, ThriftStatusCode.FailedPrecondition, "nope"), (status.Kitex!.Code, status.StatusCode, status.Message));

        await client.FireAsync("fired", cancellation);
        Assert.Equal("fired", await _sink.Fired.WaitAsync(TimeSpan.FromSeconds(30), cancellation));
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task Call_TooLarge_IsRefusedAsOverEveryTransport(ThriftTransport transport, ThriftProtocol protocol, bool strict)
    {
        await using var channel = Open(transport, protocol, strict);

        var error = await Assert.ThrowsAsync<ThriftStatusException>(
            () => new KitchenSinkClient(channel).EchoStringAsync(new string('x', 400_000), TestContext.Current.CancellationToken));

        Assert.Equal(ThriftStatusCode.ResourceExhausted, error.StatusCode);
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task Call_WithTheServicesName_IsRoutedByIt(ThriftTransport transport, ThriftProtocol protocol, bool strict)
    {
        await using var channel = Open(transport, protocol, strict, sendServiceName: true);

        Assert.Equal("text", await new KitchenSinkClient(channel).EchoStringAsync("text", TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("KitchenSink:Add", ThriftMessageType.Reply, "Add")]
    [InlineData("TestService:Add", ThriftMessageType.Exception, "unknown method Add (service TestService)")]
    [InlineData("Nobody:Add", ThriftMessageType.Exception, "unknown method Add (service Nobody)")]
    [InlineData("KitchenSink:", ThriftMessageType.Exception, "unknown method  (service KitchenSink)")]
    [InlineData("Add", ThriftMessageType.Reply, "Add")]
    internal async Task MultiplexedName_IsExact(string name, ThriftMessageType type, string text)
    {
        await using var stream = await ConnectAsync();
        await stream.WriteAsync(
            PingPongWire.Framed(PingPongWire.Message(name, Convert.FromHexString("0800010000000208000200000003" + "00"))), TestContext.Current.CancellationToken);
        byte[] length = await ReadAsync(stream, 4);
        byte[] answer = await ReadAsync(stream, System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(length));

        Assert.Equal((byte)type, answer[3]);
        Assert.Contains(text, Encoding.UTF8.GetString(answer), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connection_ThatChangesItsProtocol_GetsEachAnswerInTheProtocolOfItsRequest()
    {
        const string First = "80010002" + "00000003416464" + "00000001" + "08000000000005" + "00" + "8241010341646405000A00";
        const string Last = "00000003416464" + "0200000007" + "08000000000005" + "00";
        string expected = First + Convert.ToHexString("""[1,"Add",2,9,{"0":{"i32":5}}]"""u8) + Last;
        await using var stream = await ConnectAsync();

        await stream.WriteAsync(
            (byte[])[
                .. PingPongWire.Add(2, 3),
                .. Convert.FromHexString("8221010341646415041506" + "00"),
                .. Encoding.ASCII.GetBytes("""[1,"Add",1,9,{"1":{"i32":2},"2":{"i32":3}}]"""),
                .. Convert.FromHexString("00000003416464" + "0100000007" + "0800010000000208000200000003" + "00"),
            ],
            TestContext.Current.CancellationToken);

        Assert.Equal(expected, Convert.ToHexString(await ReadAsync(stream, expected.Length / 2)));
    }

    [Theory]
    [InlineData("82210103416464150415")]
    [InlineData("00000006822101034164")]
    [InlineData("000000088221010341646419")]
    [InlineData("82210103416464f504")]
    [InlineData("5b312c22416464222c317d")]
    [InlineData("00000003416464")]
    public async Task Connection_OfBytesThatAreNotAMessage_IsClosedAndOthersLive(string hex)
    {
        await using (var stream = await ConnectAsync())
        {
            await stream.WriteAsync(Convert.FromHexString(hex), TestContext.Current.CancellationToken);
            stream.Socket.Shutdown(SocketShutdown.Send);
            _ = await PingPongWire.ReadToEndAsync(stream);
        }

        await using var channel = Open(ThriftTransport.Buffered, ThriftProtocol.Compact, strict: true);
        Assert.Equal(5, await new KitchenSinkClient(channel).AddAsync(2, 3, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData(ThriftTransport.TTHeader, ThriftProtocol.Compact, true)]
    [InlineData(ThriftTransport.TTHeaderFramed, ThriftProtocol.Json, true)]
    [InlineData(ThriftTransport.Grpc, ThriftProtocol.Binary, false)]
    public void Channel_OfAProtocolThatTheTransportDoesNotCarry_IsRefused(ThriftTransport transport, ThriftProtocol protocol, bool strict)
    {
        var error = Assert.Throws<ArgumentException>(() => Open(transport, protocol, strict));

        Assert.Contains("Framed, Buffered, Http", error.Message, StringComparison.Ordinal);
    }

    private ThriftChannel Open(ThriftTransport transport, ThriftProtocol protocol, bool strict, bool sendServiceName = false)
        => PatientChannel.ForAddress($"ttheader://{_server.Endpoint}", new ThriftChannelOptions
        {
            PingPongTransport = transport,
            PingPong = { Protocol = protocol, StrictBinary = strict, SendServiceName = sendServiceName },
        });

    private static async Task<byte[]> ReadAsync(NetworkStream stream, int length)
    {
        byte[] bytes = new byte[length];
        await stream.ReadExactlyAsync(bytes, TestContext.Current.CancellationToken).Soon();
        return bytes;
    }

    private async Task<NetworkStream> ConnectAsync()
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(_server.Endpoint, TestContext.Current.CancellationToken);
        return new NetworkStream(socket, ownsSocket: true);
    }
}
