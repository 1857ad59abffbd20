namespace Rx.ThriftStreams.Transport;

/// <summary>How sure a transport must be of a connection on which it creates a stream without waiting.</summary>
internal enum ConnectionEvidence
{
    /// <summary>The connection is known to be established: another endpoint could be tried instead.</summary>
    Established,

    /// <summary>
    /// The connection was established when last seen: there is no other endpoint to try. If it is gone, the stream's first operation throws
    /// <see cref="ThriftConnectException"/>.
    /// </summary>
    Presumed,
}
