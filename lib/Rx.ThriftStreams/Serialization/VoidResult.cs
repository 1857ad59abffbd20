namespace Rx.ThriftStreams.Serialization;

/// <summary>The result of a void method as Kitex's generic server sends it: a field of this type, without a value. Generated servers send no field.</summary>
internal static class VoidResult
{
    internal const ThriftType Type = (ThriftType)1;
}
