namespace Rx.ThriftStreams.Wire;

/// <summary>The string keys of a TTHeader that have a special meaning, as UTF-8. All others are metadata.</summary>
internal static class TTHeaderStringKeys
{
    /// <summary>The service's name in the IDL.</summary>
    public static ReadOnlySpan<byte> ServiceName => "isn"u8;

    /// <summary>The caller's address, set by a mesh.</summary>
    public static ReadOnlySpan<byte> RemoteIp => "rip"u8;

    /// <summary><c>1</c>: the receiver should not use the connection again.</summary>
    public static ReadOnlySpan<byte> ConnectionReadyToReset => "crrst"u8;

    /// <summary>See <see cref="PayloadChecksum"/>.</summary>
    public static ReadOnlySpan<byte> Crc32C => "crc32c"u8;

    /// <summary>The services that a cancellation came through, joined by commas.</summary>
    public static ReadOnlySpan<byte> CancelPath => "ttscp"u8;

    /// <summary>A BizStatusError's code, decimal, not 0.</summary>
    public static ReadOnlySpan<byte> BizStatus => "biz-status"u8;

    /// <summary>A BizStatusError's text, not escaped.</summary>
    public static ReadOnlySpan<byte> BizMessage => "biz-message"u8;

    /// <summary>A BizStatusError's extra, a JSON object of strings.</summary>
    public static ReadOnlySpan<byte> BizExtra => "biz-extra"u8;

    /// <summary>The status code of an error, decimal. Only peers of this library write and read it; Kitex's own errors carry no status.</summary>
    public static ReadOnlySpan<byte> Status => "rx-status"u8;

    /// <summary>
    /// In a request: the caller can share the connection between calls. In its answer: so can this server, which then takes <see cref="Cancel"/>. Only peers of this library write it, once for a connection.
    /// </summary>
    public static ReadOnlySpan<byte> Multiplex => "rx-multiplex"u8;

    /// <summary>Marks a message that gives up a call instead of making one: its caller no longer waits for the answer with this sequence id. Sent only to servers that answered <see cref="Multiplex"/>.</summary>
    public static ReadOnlySpan<byte> Cancel => "rx-cancel"u8;

    /// <summary>The prefix of keys of transient metainfo.</summary>
    public static ReadOnlySpan<byte> TransientPrefix => "RPC_TRANSIT_"u8;

    /// <summary>The prefix of keys of persistent metainfo.</summary>
    public static ReadOnlySpan<byte> PersistentPrefix => "RPC_PERSIST_"u8;

    /// <summary>The prefix of keys of transient metainfo that has already travelled one hop; only received.</summary>
    public static ReadOnlySpan<byte> UpstreamTransientPrefix => "RPC_TRANSIT_UPSTREAM_"u8;

    /// <summary>The ACL token, which travels in a separate block.</summary>
    public static ReadOnlySpan<byte> AclToken => "RPC_TRANSIT_gdpr-token"u8;
}
