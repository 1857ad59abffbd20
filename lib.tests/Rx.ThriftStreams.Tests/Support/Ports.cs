using System.Net;
using System.Net.Sockets;

namespace Rx.ThriftStreams.Tests.Support;

/// <summary>Ports for servers that cannot choose their own.</summary>
internal static class Ports
{
    /// <summary>A port of the loopback address that nobody listens on. Somebody else may take it before the caller does.</summary>
    internal static int Free()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
