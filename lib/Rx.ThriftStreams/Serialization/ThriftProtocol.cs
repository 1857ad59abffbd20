namespace Rx.ThriftStreams.Serialization;

/// <summary>How Thrift values are laid out as bytes.</summary>
public enum ThriftProtocol
{
    /// <summary>Fixed-size numbers in network order: what Kitex speaks by default, and the fastest.</summary>
    Binary,

    /// <summary>Variable-length numbers and packed headers: smaller, slower.</summary>
    Compact,

    /// <summary>Apache Thrift's JSON (<c>TJSONProtocol</c>): readable, with field ids and type names; the largest and the slowest.</summary>
    Json,
}
