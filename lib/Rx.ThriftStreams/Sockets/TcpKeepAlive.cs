using System.Net.Sockets;

namespace Rx.ThriftStreams.Sockets;

/// <summary>The protocols have no pings: only TCP's own notice a peer that is gone without a word.</summary>
internal static class TcpKeepAlive
{
    internal const int SecondsBeforeProbes = 60;
    internal const int SecondsBetweenProbes = 10;

    /// <summary>Has an idle connection probed. Nothing happens to a socket that is no TCP, or closed already.</summary>
    internal static void Enable(Socket socket)
    {
        if (socket.ProtocolType != ProtocolType.Tcp)
        {
            return;
        }

        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, SecondsBeforeProbes);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, SecondsBetweenProbes);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // Whoever reads from it learns of that.
        }
    }
}
