using System.Net;
using System.Net.Sockets;
using Demo.Echo;
using Rx.ThriftStreams.AspNetCore;
using static Rx.ThriftStreams.Tests.Support.Waits;

namespace Rx.ThriftStreams.Tests.Governance;

/// <summary>A port of the wrong kind is a frequent mistake: the error says what it is.</summary>
public sealed class WrongPortTests
{
    [Fact]
    public async Task Stream_OverTTHeaderToAWebServer_SaysSo()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var served = AnswerAsync(listener, "HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray());
        await using (var channel = PatientChannel.ForAddress($"ttheader://{listener.LocalEndpoint}"))
        {
            var error = await Assert.ThrowsAnyAsync<ThriftException>(
                () => new TestServiceClient(channel).EchoServerAsync(new(), TestContext.Current.CancellationToken).CountAsync(TestContext.Current.CancellationToken)
                    .AsTask().WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));

            Assert.Contains("the peer speaks HTTP/1.1", error.Message, StringComparison.Ordinal);
        }

        await served;
    }

    /// <summary>What a server of another protocol answers; nothing if it hangs up.</summary>
    public static TheoryData<string, byte[], string> Answers() => new()
    {
        { "HTTP/1.1", "HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray(), "the peer speaks HTTP/1.1: this is not the port of a TTHeader service." },
        { "an alert", [0x15, 3, 3, 0, 2, 2, 70], "the peer answers with TLS: use an address with ttheaders://." },
        { "two alerts", [0x15, 3, 1, 0, 2, 2, 10, 0x15, 3, 1, 0, 2, 1, 0], "the peer answers with TLS: use an address with ttheaders://." },
        { "nothing", [], ": if its port expects TLS, use an address with ttheaders://." },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public Task Stream_ToAPortOfAnotherProtocol_NamesIt(string what, byte[] answer, string hint)
        => CallAsync(what, answer, hint, new(), static (client, token) => client.EchoServerAsync(new(), token).CountAsync(token).AsTask());

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task PingPong_ToAPortOfAnotherProtocol_NamesIt(string what, byte[] answer, string hint)
    {
        foreach (var transport in (ThriftTransport[])[ThriftTransport.TTHeader, ThriftTransport.Framed, ThriftTransport.Buffered])
        {
            foreach (var mode in (ThriftConnectionMode[])[ThriftConnectionMode.Pooled, ThriftConnectionMode.Pipelined])
            {
                await CallAsync(
                    $"{what}, {transport}, {mode}", answer, hint, new() { PingPongTransport = transport, Connections = { Mode = mode } }, static (client, token) => client.EchoPingPongAsync(new() { Message = "x" }, token));
            }
        }
    }

    /// <summary>Kestrel with a certificate, without a word about what it thinks of bytes that are not TLS.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Call_ToAPortWithTls_SaysWhichAddressToUse(bool isStream)
    {
        using var certificate = TestCertificate.Create("localhost");
        await using var server = await ThriftServer.StartAsync(
            "127.0.0.1:0", server => server.UseTls(certificate).AddService<ITestService>(new ScriptedService()), TestContext.Current.CancellationToken);
        await using var channel = PatientChannel.ForAddress($"ttheader://{server.Endpoint}");
        var client = new TestServiceClient(channel);

        var error = await Assert.ThrowsAnyAsync<ThriftException>(
            () => (isStream
                ? client.EchoServerAsync(new(), TestContext.Current.CancellationToken).CountAsync(TestContext.Current.CancellationToken).AsTask()
                : (Task)client.EchoPingPongAsync(new() { Message = "x" }, TestContext.Current.CancellationToken)).Soon());

        Assert.EndsWith("use an address with ttheaders://.", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Call_ConnectionLostAfterAnAnswer_SaysNothingOfTls(bool isStream)
    {
        // A byte is enough: a server that expects TLS would have sent an alert.
        var error = await FailAsync([0], new(), isStream
            ? static (client, token) => client.EchoServerAsync(new(), token).CountAsync(token).AsTask()
            : static (client, token) => client.EchoPingPongAsync(new() { Message = "x" }, token));

        Assert.DoesNotContain("TLS", error.Message, StringComparison.Ordinal);
    }

    private static async Task CallAsync(string what, byte[] answer, string hint, ThriftChannelOptions options, Func<TestServiceClient, CancellationToken, Task> call)
    {
        var error = await FailAsync(answer, options, call);

        Assert.True(error.Message.EndsWith(hint, StringComparison.Ordinal), $"{what}: {error.Message}");
    }

    private static async Task<ThriftException> FailAsync(byte[] answer, ThriftChannelOptions options, Func<TestServiceClient, CancellationToken, Task> call)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var served = AnswerAsync(listener, answer);
        ThriftException error;
        await using (var channel = PatientChannel.ForAddress($"ttheader://{listener.LocalEndpoint}", options))
        {
            error = await Assert.ThrowsAnyAsync<ThriftException>(() => call(new(channel), TestContext.Current.CancellationToken).Soon());
        }

        await served;
        return error;
    }

    private static async Task AnswerAsync(TcpListener listener, byte[] answer)
    {
        using var client = await listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
        var stream = client.GetStream();
        try
        {
            var received = new byte[1024];
            _ = await stream.ReadAsync(received, TestContext.Current.CancellationToken);
            await stream.WriteAsync(answer, TestContext.Current.CancellationToken);
            client.Client.Shutdown(SocketShutdown.Send);
            while (await stream.ReadAsync(received, TestContext.Current.CancellationToken) > 0)
            {
            }
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            // The caller has hung up, as it should.
        }
    }
}
