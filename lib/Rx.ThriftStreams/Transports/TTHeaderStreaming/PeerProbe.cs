using Rx.ThriftStreams.Sockets;

namespace Rx.ThriftStreams.Transports.TTHeaderStreaming;

/// <summary>
/// Finds out that the peer of a connection is gone while the connection is not read. The socket shows it unless bytes that do not fit into the system's buffers
/// precede the end. Then only a write makes the peer's system answer with a reset, so a META frame that says nothing is sent periodically.
/// </summary>
/// <remarks>Swept by one thread at a time.</remarks>
internal sealed class PeerProbe(FrameConnection connection, IConnectionControl control)
{
    private const int SweepsBetweenFrames = 3;

    private int _sweeps;

    internal void Sweep()
    {
        var gate = connection.Gate;
        if (!gate.IsClosed)
        {
            _sweeps = 0;
            return;
        }

        gate.Recheck(HasQueued());
        if (control.HasPeerHungUp)
        {
            gate.Lift();
        }
        else if (++_sweeps % SweepsBetweenFrames == 0 && connection.Writer.WhenIdleAsync().IsCompleted)
        {
            var full = gate.FullStream;
            connection.SendEmptyMeta(full?.Id ?? 0, full?.Templates.Method ?? string.Empty);
        }
    }

    private bool HasQueued()
    {
        foreach (var stream in connection.Streams)
        {
            if (stream.Inbox.QueuedBytes > 0)
            {
                return true;
            }
        }

        return false;
    }
}
