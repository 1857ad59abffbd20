namespace Rx.ThriftStreams.Sockets;

/// <summary>The result of offering frames to a <see cref="BatchWriter"/>.</summary>
internal enum AppendResult
{
    /// <summary>The frames will be written.</summary>
    Appended,

    /// <summary>Nothing was appended: the sender waits until there is room.</summary>
    NoRoom,

    /// <summary>Nothing was appended: the connection has failed.</summary>
    Failed,
}
