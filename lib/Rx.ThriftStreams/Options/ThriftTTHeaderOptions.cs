namespace Rx.ThriftStreams;

/// <summary>Settings of a channel's TTHeader transports: <see cref="ThriftChannelOptions.TTHeader"/>.</summary>
public sealed class ThriftTTHeaderOptions
{
    internal ThriftTTHeaderOptions()
    {
    }

    /// <summary>
    /// Whether ping-pong requests over TTHeader carry a CRC-32C of their payload, which the server verifies. Default <see langword="false"/>. The checksums of
    /// responses that have one are always verified.
    /// </summary>
    public bool SendChecksums { get; set; }

    /// <summary>How many received but unconsumed bytes a stream over TTHeader Streaming buffers.</summary>
    public ThriftStreamBufferOptions StreamBuffers { get; private set; } = new();

    internal ThriftTTHeaderOptions Snapshot()
    {
        var copy = (ThriftTTHeaderOptions)MemberwiseClone();
        copy.StreamBuffers = StreamBuffers.Snapshot();
        return copy;
    }

    internal void Validate(string owner) => StreamBuffers.Validate($"{owner}.{nameof(StreamBuffers)}");
}
