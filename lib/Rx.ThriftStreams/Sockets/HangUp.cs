using System.Net.Sockets;

namespace Rx.ThriftStreams.Sockets;

/// <summary>Detects whether a peer is gone without reading what it has sent.</summary>
internal static class HangUp
{
    // Linux: IPPROTO_TCP, TCP_INFO, and the first byte of tcp_info, which is the state of the connection (TCP_ESTABLISHED).
    private const int Tcp = 6;
    private const int TcpInfo = 11;
    private const byte Established = 1;

    /// <summary>
    /// Whether the socket's peer has closed or reset the connection, or the socket itself is closed. On Linux the end of the peer's bytes is detected even if unread
    /// bytes precede it; elsewhere only a reset is.
    /// </summary>
    internal static bool IsOn(Socket socket)
    {
        try
        {
            if (!OperatingSystem.IsLinux() || socket.ProtocolType != ProtocolType.Tcp)
            {
                return socket.Poll(0, SelectMode.SelectError);
            }

            Span<byte> state = stackalloc byte[1];
            return socket.GetRawSocketOption(Tcp, TcpInfo, state) == 1 && state[0] != Established;
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            return true;
        }
    }
}
