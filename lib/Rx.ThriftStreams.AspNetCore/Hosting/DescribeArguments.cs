using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.AspNetCore.Hosting;

/// <summary>The arguments of <see cref="DescribeService"/>: none.</summary>
internal sealed class DescribeArguments : IThriftStruct<DescribeArguments>
{
    private static readonly DescribeArguments s_none = new();

    public static DescribeArguments Read<TReader>(ref TReader reader)
        where TReader : struct, IThriftReader, allows ref struct
    {
        _ = EmptyStruct.Read(ref reader);
        return s_none;
    }

    public void Write<TWriter>(ref TWriter writer)
        where TWriter : struct, IThriftWriter, allows ref struct
        => default(EmptyStruct).Write(ref writer);
}
