namespace Rx.ThriftStreams.Transport;

/// <summary>How certain a transport must be that a connection is established, to create a stream on it without waiting.</summary>
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
