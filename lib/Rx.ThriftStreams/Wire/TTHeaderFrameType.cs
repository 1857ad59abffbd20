namespace Rx.ThriftStreams.Wire;

/// <summary>The kinds of TTHeader Streaming frames, the decimal value of integer key 27.</summary>
internal enum TTHeaderFrameType : byte
{
    /// <summary>The key is missing or has another value: fatal to a streaming connection, normal in ping-pong.</summary>
    None = 0,
    Meta = 1,
    Header = 2,
    Data = 3,
    Trailer = 4,
    Rst = 5,
}
