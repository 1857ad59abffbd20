using System.Buffers.Binary;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Demo.Echo;
using Microsoft.Extensions.Time.Testing;
using Rx.ThriftStreams.Tests.Recordings;
using static Rx.ThriftStreams.Tests.Support.Waits;

namespace Rx.ThriftStreams.Tests.Grpc;

/// <summary>What calls do while connections come and go.</summary>
public sealed class GrpcConnectionTests : IAsyncDisposable
{
    private readonly FakeTimeProvider _clock = new();
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ThriftChannel _channel;
    private readonly TestServiceClient _client;

    public GrpcConnectionTests()
    {
        _listener.Start();
        _channel = PatientChannel.ForAddress($"grpc://{_listener.LocalEndpoint}", new() { TimeProvider = _clock });
        _client = new(_channel);
    }

    public async ValueTask DisposeAsync()
    {
        await _channel.DisposeAsync();
        _listener.Dispose();
    }

    [Fact]
    public async Task Open_AConnectionHasTakenARequest_DoesNotWait()
    {
        await using var server = await AnswerFirstCallAsync();

        var opening = _client.OpenEchoAsync(cancellationToken: TestContext.Current.CancellationToken);

        Assert.True(opening.IsCompletedSuccessfully);
        await using var stream = await opening;
        await server.WaitAsync(static received => received.HeadersOf(3).Count == 1, "the second request");
    }

    [Fact]
    public async Task Open_TheConnectionWasLost_WaitsForAnother()
    {
        var first = await AnswerFirstCallAsync();
        await using (var lost = await _client.OpenEchoAsync(cancellationToken: TestContext.Current.CancellationToken))
        {
            await first.DisposeAsync();
            await Assert.ThrowsAsync<ThriftTransportException>(async () => await lost.ToListAsync(TestContext.Current.CancellationToken));
        }

        var answer = _client.EchoUnaryAsync(Ask("again"), TestContext.Current.CancellationToken);
        await using var second = await AcceptAsync();
        await AnswerAsync(second, 1, "again");
        Assert.Equal("again", (await answer.Soon()).Message);
    }

    [Fact]
    public async Task Open_ServerClosesTheConnectionAndTakesNoOther_ReportsThatWhereItIsNoticed()
    {
        await using var server = await AnswerFirstCallAsync();
        await using var old = await _client.OpenEchoAsync(cancellationToken: TestContext.Current.CancellationToken);
        await RetireAsync(server);
        _listener.Stop();

        // That the server wants the connection closed is known to HttpClient alone, until it asks for another.
        await using var late = await _client.OpenEchoAsync(cancellationToken: TestContext.Current.CancellationToken);
        var noticed = await Assert.ThrowsAsync<ThriftConnectException>(async () => await late.ToListAsync(TestContext.Current.CancellationToken).Soon());
        var next = await Assert.ThrowsAsync<ThriftConnectException>(
            async () => await _client.OpenEchoAsync(cancellationToken: TestContext.Current.CancellationToken).Soon());

        Assert.All([noticed, next], error => Assert.IsType<SocketException>(error.GetBaseException()));
        await server.SendAsync([.. GrpcWire.AnswerHeaders(3), .. GrpcWire.Message(3, GrpcWire.Struct("still there"))]);
        await using var responses = old.GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Assert.True(await responses.MoveNextAsync().Soon());
    }

    [Fact]
    public async Task Send_NoConnectionForAStreamThatDidNotWait_FailsInsteadOfWaitingForRoom()
    {
        await using var server = await AnswerFirstCallAsync();
        await using var old = await _client.OpenEchoAsync(cancellationToken: TestContext.Current.CancellationToken);
        await RetireAsync(server);
        _listener.Stop();

        await using var late = await _client.OpenEchoAsync(cancellationToken: TestContext.Current.CancellationToken);

        await Assert.ThrowsAsync<ThriftConnectException>(async () =>
        {
            while (true)
            {
                await late.SendAsync(Ask(new string('x', 40_000)), TestContext.Current.CancellationToken).Soon();
            }
        });
    }

    [Fact]
    public async Task Open_ServerClosesTheConnectionAndDoesNotAnswer_KeepsToTheConnectTimeout()
    {
        await using var server = await AnswerFirstCallAsync();
        await using var old = await _client.OpenEchoAsync(cancellationToken: TestContext.Current.CancellationToken);
        await RetireAsync(server);
        using var deaf = DeafListener();
        using var filler = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await filler.ConnectAsync(deaf.LocalEndPoint!, TestContext.Current.CancellationToken);

        await using var late = await _client.OpenEchoAsync(cancellationToken: TestContext.Current.CancellationToken);
        var end = late.ToListAsync(TestContext.Current.CancellationToken).AsTask();
        await Until(() =>
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            return end.IsCompleted;
        });

        var error = await Assert.ThrowsAsync<ThriftTimeoutException>(() => end);
        Assert.Equal((ThriftTimeoutKind.Connect, TimeSpan.FromSeconds(30)), (error.Kind, error.Configured));
    }

    [Fact]
    public async Task Open_ServerClosesTheConnectionAndStallsInTheTlsHandshakeOfTheNext_KeepsToTheConnectTimeout()
    {
        using var certificate = TestCertificate.Create("localhost");
        await using var channel = PatientChannel.ForAddress($"grpcs://{_listener.LocalEndpoint}", new()
        {
            TimeProvider = _clock,
            TlsOptions = new() { RemoteCertificateValidationCallback = (_, peer, _, _) => peer!.GetCertHashString() == certificate.GetCertHashString() },
        });
        var client = new TestServiceClient(channel);
        var answer = client.EchoUnaryAsync(Ask("first"), TestContext.Current.CancellationToken);
        var tls = new SslStream(new NetworkStream(await _listener.AcceptSocketAsync(TestContext.Current.CancellationToken).Soon(), ownsSocket: true));
        await tls.AuthenticateAsServerAsync(
            new SslServerAuthenticationOptions { ServerCertificate = certificate, ApplicationProtocols = [SslApplicationProtocol.Http2] }, TestContext.Current.CancellationToken);
        await using var server = new Http2Peer(tls, isServer: true, Http2Wire.Frame(Http2FrameType.Settings, 0, 0, []));
        await AnswerAsync(server, 1, "first");
        await answer.Soon();
        await using var old = await client.OpenEchoAsync(cancellationToken: TestContext.Current.CancellationToken);
        await RetireAsync(server);

        await using var late = await client.OpenEchoAsync(cancellationToken: TestContext.Current.CancellationToken);
        var end = late.ToListAsync(TestContext.Current.CancellationToken).AsTask();
        using var silent = await _listener.AcceptSocketAsync(TestContext.Current.CancellationToken).Soon();
        await Until(() =>
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            return end.IsCompleted;
        });

        var error = await Assert.ThrowsAsync<ThriftTimeoutException>(() => end);
        Assert.Equal(ThriftTimeoutKind.Connect, error.Kind);
    }

    [Fact]
    public async Task Call_ServerClosesTheConnectionAndHasNotTakenTheRequest_IsMadeAgainOnTheNext()
    {
        await using var first = await AnswerFirstCallAsync();
        var answer = _client.EchoUnaryAsync(Ask("mine"), TestContext.Current.CancellationToken);
        await first.WaitAsync(static received => received.MessagesOf(3).Count == 1, "the request");
        await GoAwayAsync(first, lastStream: 1);

        await using var second = await AcceptAsync();
        await AnswerAsync(second, 1, "yours");

        Assert.Equal("yours", (await answer.Soon()).Message);
        Assert.Equal(first.Read(static received => received.MessagesOf(3)[0].Bytes), second.Read(static received => received.MessagesOf(1)[0].Bytes));
    }

    /// <summary>Nobody has handled the request, which is what the exception says: the call may be made elsewhere.</summary>
    [Fact]
    public async Task Call_ServerClosesTheConnectionAndListensNoMore_CouldNotConnect()
    {
        await using var first = await AnswerFirstCallAsync();
        var answer = _client.EchoUnaryAsync(Ask("mine"), TestContext.Current.CancellationToken);
        await first.WaitAsync(static received => received.MessagesOf(3).Count == 1, "the request");

        _listener.Stop();
        await GoAwayAsync(first, lastStream: 1);

        await Assert.ThrowsAsync<ThriftConnectException>(() => answer.Soon());
    }

    [Fact]
    public async Task Stream_ServerClosesTheConnectionAndHasNotTakenTheRequests_FailsRatherThanLosingThem()
    {
        await using var first = await AnswerFirstCallAsync();
        var answer = _client.EchoClientAsync(new[] { Ask("1"), Ask("2") }.ToAsyncEnumerable(), TestContext.Current.CancellationToken);
        await first.WaitAsync(static received => received.MessagesOf(3).Count == 2, "the requests");
        await GoAwayAsync(first, lastStream: 1);

        await using var second = await AcceptAsync();
        var error = await Assert.ThrowsAsync<ThriftTransportException>(() => answer.Soon());

        Assert.Equal(ThriftStatusCode.Unavailable, error.StatusCode);
        Assert.DoesNotContain(second.Read(static received => received.Frames.ToArray()), static frame => frame.Type == Http2FrameType.Data && frame.HasFlag1);
    }

    [Theory]
    [InlineData(0, "closed the connection with HTTP/2 error code 0.")]
    [InlineData(13, "speaks HTTP/1.1 only there: gRPC needs a port for HTTP/2.")]
    public async Task Stream_ServerClosesTheConnectionWithinTheAnswer_IsUnavailable(int errorCode, string text)
    {
        await using var server = await AnswerFirstCallAsync();
        await using var stream = await _client.OpenEchoAsync(cancellationToken: TestContext.Current.CancellationToken);
        await server.WaitAsync(static received => received.HeadersOf(3).Count == 1, "the request");
        await server.SendAsync([.. GrpcWire.AnswerHeaders(3), .. GrpcWire.Message(3, GrpcWire.Struct("half"))]);
        await using var responses = stream.GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Assert.True(await responses.MoveNextAsync().Soon());

        await GoAwayAsync(server, lastStream: 1, errorCode);

        var error = await Assert.ThrowsAsync<ThriftTransportException>(async () => await responses.MoveNextAsync().Soon());
        Assert.Equal(ThriftStatusCode.Unavailable, error.StatusCode);
        Assert.EndsWith(text, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Oneway_ServerClosesTheConnectionAndHasNotTakenIt_IsSentAgain()
    {
        await using var first = await AnswerFirstCallAsync();
        await new Interop.KitchenSinkClient(_channel).FireAsync("fired", TestContext.Current.CancellationToken).Soon();
        await first.WaitAsync(static received => received.MessagesOf(3).Count == 1, "the message");

        await GoAwayAsync(first, lastStream: 1);

        await using var second = await AcceptAsync();
        await second.WaitAsync(static received => received.MessagesOf(1).Count == 1, "the message again");
    }

    [Fact]
    public async Task Oneway_ServerClosesTheConnectionWithinTheMessage_EndsWhenItIsSentAgain()
    {
        // More than the window that a server gives at first, so that it is under way for as long as the test likes.
        const int InitialWindow = 65_535;
        const int More = 1 << 20;
        await using var first = await AnswerFirstCallAsync();
        var call = new Interop.KitchenSinkClient(_channel).FireAsync(new string('x', 100_000), TestContext.Current.CancellationToken);
        await first.WaitAsync(
            static received => received.Frames.Where(static frame => frame.Type == Http2FrameType.Data && frame.StreamId == 3).Sum(static frame => frame.Payload.Length) >= InitialWindow - 100,
            "what the window allows");

        await GoAwayAsync(first, lastStream: 1);
        await using var second = await AcceptAsync();
        await second.SendAsync(Http2Wire.WindowUpdate(0, More));
        await second.WaitAsync(static received => received.HeadersOf(1).Count == 1, "the request again");
        await second.SendAsync(Http2Wire.WindowUpdate(1, More));
        await second.WaitAsync(static received => received.MessagesOf(1).Count == 1, "the message again");

        // A Kitex server never answers it.
        await call.Soon();
    }

    /// <summary>HttpClient lets the exception of its own decoder out as it is.</summary>
    [Fact]
    public async Task Headers_ThatAreNoHpack_AreATypedErrorOfEveryOperation()
    {
        var opening = _client.OpenEchoAsync(cancellationToken: TestContext.Current.CancellationToken).AsTask();
        await using var server = await AcceptAsync();
        await server.WaitAsync(static received => received.HeadersOf(1).Count == 1, "the request");
        await using var stream = await opening.Soon();
        const byte IndexZero = 0x80;
        await server.SendAsync(Http2Wire.Frame(Http2FrameType.Headers, 0x4, 1, [IndexZero]));

        var received = await Record.ExceptionAsync(() => stream.ToListAsync(TestContext.Current.CancellationToken).Soon());
        var sent = await Record.ExceptionAsync(() => stream.SendAsync(Ask("late")).Soon());

        Assert.IsAssignableFrom<ThriftException>(received);
        Assert.IsAssignableFrom<ThriftException>(sent);
    }

    private static async Task AnswerAsync(Http2Peer peer, int stream, string text)
    {
        await peer.WaitAsync(received => received.MessagesOf(stream).Count == 1, "the request");
        await peer.SendAsync(
        [
            .. GrpcWire.AnswerHeaders(stream),
            .. GrpcWire.Message(stream, [12, 0, 0, .. GrpcWire.Struct(text), 0]),
            .. Http2Wire.Headers(stream, endStream: true, [("grpc-status", "0")]),
        ]);
    }

    private static Task GoAwayAsync(Http2Peer peer, int lastStream, int errorCode = 0)
    {
        var goAway = new byte[8];
        BinaryPrimitives.WriteInt32BigEndian(goAway, lastStream);
        BinaryPrimitives.WriteInt32BigEndian(goAway.AsSpan(4), errorCode);
        return peer.SendAsync(Http2Wire.Frame(Http2FrameType.GoAway, 0, 0, goAway));
    }

    /// <summary>Has the client make no more streams on the connection, and waits until it knows. One goes on, so that it stays open.</summary>
    private static async Task RetireAsync(Http2Peer peer)
    {
        await peer.WaitAsync(static received => received.HeadersOf(3).Count == 1, "the stream that goes on");
        await GoAwayAsync(peer, lastStream: 3);
        await peer.SendAsync(Http2Wire.Frame(Http2FrameType.Ping, 0, 0, new byte[8]));
        await peer.WaitAsync(static received => received.Frames.Any(static frame => frame.Type == Http2FrameType.Ping && frame.HasFlag1), "the answer to the ping");
    }

    private async Task<Http2Peer> AnswerFirstCallAsync()
    {
        var answer = _client.EchoUnaryAsync(Ask("first"), TestContext.Current.CancellationToken);
        var server = await AcceptAsync();
        await AnswerAsync(server, 1, "first");
        Assert.Equal("first", (await answer.Soon()).Message);
        return server;
    }

    private Task<Http2Peer> AcceptAsync() => GrpcWire.AcceptAsync(_listener);

    /// <summary>Takes the listener's place and has room for one connection, which nobody takes.</summary>
    private Socket DeafListener()
    {
        var endpoint = _listener.LocalEndpoint;
        _listener.Stop();
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        socket.Bind(endpoint);
        socket.Listen(0);
        return socket;
    }
}
