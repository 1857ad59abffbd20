using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Rx.ThriftStreams.Sockets;

namespace Rx.ThriftStreams.AspNetCore.Port;

/// <summary>A connection that Kestrel accepted.</summary>
internal sealed class KestrelConnectionControl(ConnectionContext connection) : IConnectionControl
{
    private readonly Socket? _socket = connection.Features.Get<IConnectionSocketFeature>()?.Socket;

    /// <inheritdoc/>
    /// <remarks>
    /// While its pipe is full Kestrel does not read the socket, and <see cref="BaseConnectionContext.ConnectionClosed"/> is not cancelled. Transports without a socket
    /// have that token alone.
    /// </remarks>
    public bool HasPeerHungUp => connection.ConnectionClosed.IsCancellationRequested || (_socket is not null && HangUp.IsOn(_socket));

    /// <inheritdoc/>
    public void Abort(Exception reason) => connection.Abort(new ConnectionAbortedException(reason.Message, reason));
}
