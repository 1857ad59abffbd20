using System.Net.Sockets;
using Rx.ThriftStreams.Primitives;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Transports.PingPong;

/// <summary>The errors of ping-pong connections.</summary>
internal static class PingPongErrors
{
    /// <param name="peer">The server's address.</param>
    /// <param name="cause">The error of the connection; <see langword="null"/> if it ended without one.</param>
    /// <param name="isUnanswered">Whether nothing has ever arrived on a connection without TLS, so that its port may expect TLS.</param>
    internal static ThriftTransportException Lost(string peer, Exception? cause, bool isUnanswered)
    {
        if (cause is ConnectHint)
        {
            return Create($"The connection to {peer} was lost before the answer arrived: {cause.Message}");
        }

        var hint = isUnanswered ? $": {WrongPort.Unanswered}." : ".";
        return Create(cause?.GetBaseException() is SocketException socket
            ? $"The connection to {peer} was lost before the answer arrived: {socket.Message.TrimEnd('.')}{hint}"
            : $"{peer} closed the connection before the answer arrived{hint}");

        ThriftTransportException Create(string message) => new(ThriftStatusCode.Unavailable, message, cause);
    }
}
