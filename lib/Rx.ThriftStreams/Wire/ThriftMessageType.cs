namespace Rx.ThriftStreams.Wire;

/// <summary>The type of a Thrift message. Other numbers are decoded; the receiver must refuse them.</summary>
internal enum ThriftMessageType : byte
{
    Call = 1,
    Reply = 2,
    Exception = 3,
    Oneway = 4,
}
