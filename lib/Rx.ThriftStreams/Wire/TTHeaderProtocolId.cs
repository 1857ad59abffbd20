namespace Rx.ThriftStreams.Wire;

/// <summary>The payload's protocol, declared by the first byte of the header info. Other values are refused on receipt.</summary>
internal enum TTHeaderProtocolId : byte
{
    /// <summary>Thrift Binary: what ping-pong always sends. The payload's own first bytes decide.</summary>
    ThriftBinary = 0x00,

    /// <summary>Accepted on receipt, as in Kitex; the payload's own bytes decide.</summary>
    ThriftCompactV2 = 0x03,

    /// <summary>Accepted by the header decoder, as in Kitex; the payload's own bytes decide.</summary>
    KitexProtobuf = 0x04,

    /// <summary>A bare Thrift struct: what every streaming frame sends.</summary>
    ThriftStruct = 0x10,

    /// <summary>Reserved for streaming of Protobuf; accepted by the decoder only.</summary>
    ProtobufStruct = 0x11,
}
