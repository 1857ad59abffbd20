namespace Rx.ThriftStreams.Wire;

/// <summary>What a Thrift message is. Other numbers are read, and for the receiver to refuse.</summary>
internal enum ThriftMessageType : byte
{
    Call = 1,
    Reply = 2,
    Exception = 3,
    Oneway = 4,
}
