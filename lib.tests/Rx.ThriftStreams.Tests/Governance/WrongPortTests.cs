using System.Net;
using System.Net.Sockets;
using Demo.Echo;

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
