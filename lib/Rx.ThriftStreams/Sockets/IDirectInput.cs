namespace Rx.ThriftStreams.Sockets;

/// <summary>The bytes of a connection without a pipe in between, for who knows how many are to come.</summary>
internal interface IDirectInput
{
    /// <summary>Reads at least one byte, unless the connection has ended. The connection's pipe must have handed out all that it read, and not be reading.</summary>
    /// <returns>The number of bytes; 0 at the end.</returns>
    ValueTask<int> ReadAsync(Memory<byte> destination);
}
