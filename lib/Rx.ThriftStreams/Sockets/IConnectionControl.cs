namespace Rx.ThriftStreams.Sockets;

/// <summary>The connection under a pair of pipes: what a protocol cannot find out or do through the pipes alone.</summary>
/// <remarks>Safe at any time, from any thread, even after the connection has ended.</remarks>
internal interface IConnectionControl
{
    /// <summary>
    /// Whether the peer has closed or reset the connection. Checks the socket, so the result does not depend on the pipes: a protocol that does not read,
    /// because it has no room or waits for a handler, polls this on a timer.
    /// </summary>
    bool HasPeerHungUp { get; }

    /// <summary>
    /// Closes immediately. Data that was written but not sent is lost; completing the output instead would wait for a peer that may never read.
    /// </summary>
    void Abort(Exception reason);
}
