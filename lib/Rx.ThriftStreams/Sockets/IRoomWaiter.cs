namespace Rx.ThriftStreams.Sockets;

/// <summary>A sender that waits for room in a <see cref="BatchWriter"/>.</summary>
internal interface IRoomWaiter
{
    /// <summary>There may be room: the sender tries again.</summary>
    void Wake();
}
