namespace Rx.ThriftStreams.AspNetCore;

/// <summary>Settings of a server's TTHeader Streaming transport: <see cref="ThriftServerOptions.TTHeader"/>.</summary>
public sealed class ThriftTTHeaderServerOptions
{
    internal ThriftTTHeaderServerOptions()
    {
    }

    /// <summary>How many received but unconsumed bytes a stream buffers.</summary>
    public ThriftStreamBufferOptions StreamBuffers { get; private set; } = new();

    internal ThriftTTHeaderServerOptions Snapshot()
    {
        var copy = (ThriftTTHeaderServerOptions)MemberwiseClone();
        copy.StreamBuffers = StreamBuffers.Snapshot();
        return copy;
    }

    internal void Validate(string owner) => StreamBuffers.Validate($"{owner}.{nameof(StreamBuffers)}");
}
