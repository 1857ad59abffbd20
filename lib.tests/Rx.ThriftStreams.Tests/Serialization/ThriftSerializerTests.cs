using System.Buffers;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Tests.Serialization;

public sealed class ThriftSerializerTests
{
    [Theory]
    [InlineData(ThriftProtocol.Binary)]
    [InlineData(ThriftProtocol.Compact)]
    public void Deserialize_OfSerialized_GivesTheValue(ThriftProtocol protocol)
    {
        Sample sample = Sample.Full();
        byte[] bytes = ThriftSerializer.SerializeToArray(sample, protocol);

        Sample read = ThriftSerializer.Deserialize<Sample>(bytes, out int consumed, protocol);

        Assert.Equal(bytes.Length, consumed);
        Assert.Equivalent(sample, read, strict: true);
    }

    [Theory]
    [InlineData(ThriftProtocol.Binary)]
    [InlineData(ThriftProtocol.Compact)]
    public void Deserialize_OfSegments_GivesTheValue(ThriftProtocol protocol)
    {
        Sample sample = Sample.Full();
        byte[] bytes = ThriftSerializer.SerializeToArray(sample, protocol);

        Sample read = ThriftSerializer.Deserialize<Sample>(InPieces(bytes, 7), protocol);

        Assert.Equivalent(sample, read, strict: true);
    }

    [Fact]
    public void Serialize_IntoAnyBufferWriter_WritesTheSameBytes()
    {
        var writer = new ArrayBufferWriter<byte>();
        using var own = new ThriftWriteBuffer();
        own.Write("before"u8);

        ThriftSerializer.Serialize(Sample.Full(), writer);
        ThriftSerializer.Serialize(Sample.Full(), own);

        byte[] expected = ThriftSerializer.SerializeToArray(Sample.Full());
        Assert.Equal(expected, writer.WrittenSpan.ToArray());
        Assert.Equal([.. "before"u8, .. expected], own.WrittenSpan.ToArray());
    }

    [Theory]
    [InlineData(ThriftProtocol.Binary)]
    [InlineData(ThriftProtocol.Compact)]
    public void Serialize_OfAValueThatContainsItself_FailsAndWritesNothing(ThriftProtocol protocol)
    {
        var sample = new Sample();
        sample.Child = sample;
        using var own = new ThriftWriteBuffer();
        own.Write("before"u8);

        var error = Assert.Throws<ThriftProtocolException>(() => ThriftSerializer.Serialize(sample, own, protocol));

        Assert.Contains("contains itself", error.Message, StringComparison.Ordinal);
        Assert.Equal("before"u8.ToArray(), own.WrittenSpan.ToArray());
    }

    [Fact]
    public void Serialize_WithAnUnknownProtocol_NamesTheKnownOnes()
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => ThriftSerializer.SerializeToArray(new Sample(), (ThriftProtocol)9));

        Assert.Contains("Binary, Compact, Json", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ThriftProtocol.Binary)]
    [InlineData(ThriftProtocol.Compact)]
    public void Deserialize_OfEveryPrefix_FailsWithOffset(ThriftProtocol protocol)
    {
        byte[] bytes = ThriftSerializer.SerializeToArray(Sample.Full(), protocol);
        for (int length = 0; length < bytes.Length; length++)
        {
            var error = Assert.Throws<ThriftProtocolException>(() => ThriftSerializer.Deserialize<Sample>(bytes.AsSpan(0, length), protocol));

            Assert.InRange(error.Offset, 0, length);
        }
    }

    [Theory]
    [InlineData(ThriftProtocol.Binary)]
    [InlineData(ThriftProtocol.Compact)]
    public void Deserialize_OfUnknownFields_SkipsThem(ThriftProtocol protocol)
    {
        byte[] bytes = ThriftSerializer.SerializeToArray(Sample.Full(), protocol);

        Nothing.Last = -1;
        ThriftSerializer.Deserialize<Nothing>(bytes, out int consumed, protocol);

        Assert.Equal(bytes.Length, consumed);
        Assert.Equal(301, Nothing.Last);
    }

    internal static ReadOnlySequence<byte> InPieces(byte[] bytes, int size)
    {
        Piece? first = null, last = null;
        for (int start = 0; start < bytes.Length; start += size)
        {
            last = new Piece(bytes.AsMemory(start, Math.Min(size, bytes.Length - start)), last);
            first ??= last;
        }

        return new ReadOnlySequence<byte>(first!, 0, last!, last!.Memory.Length);
    }

    // A message of a schema without fields: everything in it is unknown.
    private sealed class Nothing : IThriftStruct<Nothing>
    {
        [ThreadStatic]
        public static short Last;

        public static Nothing Read<TReader>(ref TReader reader)
            where TReader : struct, IThriftReader, allows ref struct
        {
            reader.BeginStruct();
            while (reader.ReadFieldHeader(out ThriftType type, out short id))
            {
                Last = id;
                reader.Skip(type);
            }

            reader.EndStruct();
            return new Nothing();
        }

        public void Write<TWriter>(ref TWriter writer)
            where TWriter : struct, IThriftWriter, allows ref struct
        {
            writer.BeginStruct();
            writer.EndStruct();
        }
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> memory, Piece? before)
        {
            Memory = memory;
            if (before is not null)
            {
                before.Next = this;
                RunningIndex = before.RunningIndex + before.Memory.Length;
            }
        }
    }
}
