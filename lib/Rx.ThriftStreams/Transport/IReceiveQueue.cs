namespace Rx.ThriftStreams.Transport;

/// <summary>What one call has received and nobody has taken yet.</summary>
internal interface IReceiveQueue
{
    /// <summary>
    /// Its bytes, as far as the transport can see them: not those in buffers of the system or of the HTTP stack below. Any thread may ask; a message that is taken meanwhile
    /// may be counted or not.
    /// </summary>
    long QueuedBytes { get; }
}
