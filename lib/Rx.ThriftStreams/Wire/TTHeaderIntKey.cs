namespace Rx.ThriftStreams.Wire;

/// <summary>The integer keys of a TTHeader. Values are texts; numbers are decimal. Keys that are not listed are preserved.</summary>
internal enum TTHeaderIntKey : ushort
{
    MeshVersion = 0,

    /// <summary><c>framed</c> or <c>unframed</c>; receivers sniff instead of trusting it.</summary>
    TransportType = 1,
    LogId = 2,
    FromService = 3,
    FromCluster = 4,
    FromIdc = 5,
    ToService = 6,
    ToCluster = 7,
    ToIdc = 8,

    /// <summary>The method's name; in every streaming frame.</summary>
    ToMethod = 9,
    Env = 10,
    DestinationAddress = 11,

    /// <summary>The caller's timeout in milliseconds.</summary>
    RpcTimeout = 12,

    /// <summary>Milliseconds.</summary>
    ReadTimeout = 13,
    RingHashKey = 14,
    DdpTag = 15,
    WithMeshHeader = 16,

    /// <summary>Milliseconds.</summary>
    ConnectTimeout = 17,
    SpanContext = 18,
    ShortConnection = 19,

    /// <summary>The method that the caller itself is handling.</summary>
    FromMethod = 20,
    StressTag = 21,

    /// <summary>The type of the Thrift message inside (1 call, 2 reply, 3 exception, 4 oneway).</summary>
    MessageType = 22,
    HttpContentType = 23,
    RawRingHashKey = 24,
    LoadBalanceType = 25,
    ClusterShardId = 26,

    /// <summary>The kind of a streaming frame, see <see cref="TTHeaderFrameType"/>.</summary>
    FrameType = 27,
}
