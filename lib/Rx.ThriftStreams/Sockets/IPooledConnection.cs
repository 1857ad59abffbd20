namespace Rx.ThriftStreams.Sockets;

/// <summary>A client's connection in a <see cref="ConnectionSet{TConnection}"/>.</summary>
internal interface IPooledConnection
{
    /// <summary>When its last call ended, as a timestamp of the set's clock.</summary>
    long IdleSince { get; set; }

    /// <summary>Whether the peer has closed the connection, or sent something that no call asked for, while it was idle.</summary>
    bool IsStale { get; }

    /// <summary>Begins a call on it.</summary>
    /// <returns><see langword="false"/> if it was retired.</returns>
    bool TryEnter();

    /// <summary>Ends a call on it.</summary>
    void Exit();

    /// <summary>Retires it if no call uses it.</summary>
    bool TryRetire();

    /// <summary>Closes it immediately; its calls fail with the reason.</summary>
    void Close(ThriftTransportException reason);
}
