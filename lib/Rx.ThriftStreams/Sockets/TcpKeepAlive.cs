using System.Net.Sockets;

namespace Rx.ThriftStreams.Sockets;

/// <summary>Enables TCP keep-alive. The protocols have no pings, so only TCP detects a peer that vanishes without closing the connection.</summary>
internal static class TcpKeepAlive
{
    internal const int SecondsBeforeProbes = 60;
    internal const int SecondsBetweenProbes = 10;

    /// <summary>Enables probes of an idle connection. Ignores a socket that is closed or does not use TCP.</summary>
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
            // The socket is closed or failing: its reader gets the error.
        }
    }
}
