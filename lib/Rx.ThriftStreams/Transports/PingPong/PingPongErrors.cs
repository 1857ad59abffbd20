using System.Net.Sockets;
using Rx.ThriftStreams.Primitives;

namespace Rx.ThriftStreams.Transports.PingPong;

/// <summary>The errors of ping-pong connections.</summary>
internal static class PingPongErrors
{
    internal static ThriftTransportException Lost(string peer, Exception? cause) => new(
        ThriftStatusCode.Unavailable,
        cause is not ConnectHint && cause?.GetBaseException() is SocketException socket
            ? $"The connection to {peer} was lost before the answer arrived: {socket.Message.TrimEnd('.')}."
            : cause is ConnectHint ? $"The connection to {peer} was lost before the answer arrived: {cause.Message}"
            : $"{peer} closed the connection before the answer arrived.",
        cause);
}
