using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Tests.Support;

/// <summary>A message that nobody can decode: its field has a type that Thrift does not have.</summary>
internal sealed class Broken : IThriftStruct<Broken>
{
    public static Broken Read<TReader>(ref TReader reader)
        where TReader : struct, IThriftReader, allows ref struct
        => throw new NotSupportedException();

    public void Write<TWriter>(ref TWriter writer)
        where TWriter : struct, IThriftWriter, allows ref struct
    {
        writer.BeginStruct();
        writer.WriteFieldHeader((ThriftType)0x55, 1);
        writer.EndStruct();
    }
}
