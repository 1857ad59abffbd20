using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Tests.Serialization;

public sealed class PerThreadTests
{
    [Fact]
    public void Rent_AfterReturn_IsTheSame_Emptied()
    {
        ThriftWriteBuffer first;
        using (var rented = PerThread<ThriftWriteBuffer>.Rent())
        {
            first = rented.Value;
            first.GetSpan(100);
            first.Advance(100);
        }

        using var again = PerThread<ThriftWriteBuffer>.Rent();
        Assert.Same(first, again.Value);
        Assert.Equal(0, again.Value.Length);
        Assert.InRange(again.Value.Capacity, 100, PerThread.LargestKept);
    }

    [Fact]
    public void Rent_WhileRented_IsAnother()
    {
        using var outer = PerThread<ThriftWriteBuffer>.Rent();
        using var inner = PerThread<ThriftWriteBuffer>.Rent();

        Assert.NotSame(outer.Value, inner.Value);
    }

    [Fact]
    public void Return_OfALargeBuffer_KeepsNoMemory()
    {
        var buffer = PerThread<ThriftWriteBuffer>.Take();
        buffer.GetSpan(PerThread.LargestKept + 1);

        PerThread<ThriftWriteBuffer>.Return(buffer);

        Assert.Equal(0, buffer.Capacity);
    }

    [Fact]
    public void Serialize_OfAValueThatSerializesAnother_GivesBothTheirBytes()
    {
        var outer = new Nesting(new Nesting(null));

        byte[] bytes = ThriftSerializer.SerializeToArray(outer);

        // Each is a field of binary: the inner one's bytes, or none.
        Assert.Equal(Bytes.Of("0b 0001 00000008 0b 0001 00000000 00 00"), bytes);
    }

    private sealed class Nesting(Nesting? inner) : IThriftStruct<Nesting>
    {
        public static Nesting Read<TReader>(ref TReader reader)
            where TReader : struct, IThriftReader, allows ref struct
            => throw new NotSupportedException();

        public void Write<TWriter>(ref TWriter writer)
            where TWriter : struct, IThriftWriter, allows ref struct
        {
            writer.BeginStruct();
            writer.WriteBinaryField(1, inner is null ? [] : ThriftSerializer.SerializeToArray(inner));
            writer.EndStruct();
        }
    }
}
