namespace Rx.ThriftStreams.Sockets;

/// <summary>The connection under a pair of pipes: what a protocol cannot learn or do through the pipes alone.</summary>
/// <remarks>Safe at any time, from any thread, also when the connection has ended.</remarks>
internal interface IConnectionControl
{
    /// <summary>
    /// Whether the peer has closed or reset the connection. Looks at the socket, so the answer does not depend on the pipes: a protocol that reads nothing,
    /// because it has no room or waits for a handler, asks here on a timer.
    /// </summary>
    bool HasPeerHungUp { get; }

    /// <summary>
    /// Closes at once. What was written and not sent is lost: completing the output instead waits for a peer that may never read.
    /// </summary>
    void Abort(Exception reason);
}
