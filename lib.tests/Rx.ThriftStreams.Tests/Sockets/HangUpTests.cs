using System.Net;
using System.Net.Sockets;
using Rx.ThriftStreams.Sockets;

namespace Rx.ThriftStreams.Tests.Sockets;

public sealed class HangUpTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task IsOn_PeerClosesBehindUnreadBytes_IsSeenWithoutReading(bool reset)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() || reset, "Only Linux shows the end of the peer's bytes behind unread ones.");
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var ours = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await ours.ConnectAsync((IPEndPoint)listener.LocalEndpoint, TestContext.Current.CancellationToken);
        using var theirs = await listener.AcceptSocketAsync(TestContext.Current.CancellationToken);
        await theirs.SendAsync(new byte[1000], TestContext.Current.CancellationToken);
        Assert.False(HangUp.IsOn(ours));

        theirs.LingerState = new LingerOption(enable: reset, seconds: 0);
        theirs.Close();

        using var patience = new CancellationTokenSource(Waits.Limit);
        while (!HangUp.IsOn(ours))
        {
            Assert.False(patience.IsCancellationRequested, "The end of the peer was not seen.");
            await Task.Yield();
        }
    }

    [Fact]
    public void IsOn_OwnSocketDisposed_IsTrue()
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        socket.Dispose();

        Assert.True(HangUp.IsOn(socket));
    }
}
