using System.Net;

namespace Rx.ThriftStreams.AspNetCore.Transports.Grpc;

/// <summary>The address of a peer, and its text.</summary>
internal sealed record PeerName(IPAddress? Address, int Port, string Text)
{
    internal static PeerName Of(IPAddress? address, int port) => new(address, port, new IPEndPoint(address ?? IPAddress.None, port).ToString());
}
