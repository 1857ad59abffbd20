namespace Rx.ThriftStreams.Wire;

/// <summary>The bits of a frame's FLAGS. Bits that are not listed are ignored on receipt.</summary>
[Flags]
internal enum TTHeaderFlags : ushort
{
    None = 0,

    /// <summary>The client accepts replies in any order (multiplexed ping-pong).</summary>
    SupportsOutOfOrder = 0x0001,

    /// <summary>The frame belongs to TTHeader Streaming; never set in ping-pong.</summary>
    Streaming = 0x0002,

    /// <summary>Reserved by peers; not used here.</summary>
    DuplexReverse = 0x0008,

    /// <summary>Reserved by peers; not used here.</summary>
    Sasl = 0x0010,
}
