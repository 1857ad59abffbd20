using CsCheck;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Tests.Serialization;

/// <summary>The codec against Apache Thrift's, over generated values of every type.</summary>
public sealed class CodecOracleTests
{
    private const int Cases = 2000;

    [Theory]
    [InlineData(ThriftProtocol.Binary)]
    [InlineData(ThriftProtocol.Compact)]
    public void Write_OfAnyValue_GivesTheBytesThatApacheWrites(ThriftProtocol protocol)
        => DynamicGen.Struct().Sample(
            value => Assert.Equal(Convert.ToHexString(ApacheOracle.Write(value, protocol)), Convert.ToHexString(DynamicCodec.Write(value, protocol))),
            iter: Cases,
            threads: 1);

    [Theory]
    [InlineData(ThriftProtocol.Binary)]
    [InlineData(ThriftProtocol.Compact)]
    [InlineData(ThriftProtocol.Json)]
    public void Read_OfWhatApacheWrote_GivesTheValue(ThriftProtocol protocol)
        => DynamicGen.Struct().Sample(
            value => Assert.Equal(value.ToString(), DynamicCodec.Read(ApacheOracle.Write(value, protocol), protocol).ToString()),
            iter: Cases,
            threads: 1);

    [Theory]
    [InlineData(ThriftProtocol.Binary)]
    [InlineData(ThriftProtocol.Compact)]
    [InlineData(ThriftProtocol.Json)]
    public void ApacheRead_OfWhatWasWritten_GivesTheValue(ThriftProtocol protocol)
        => DynamicGen.Struct().Sample(
            value => Assert.Equal(value.ToString(), ApacheOracle.Read(DynamicCodec.Write(value, protocol), protocol).ToString()),
            iter: Cases,
            threads: 1);

    [Theory]
    [InlineData(ThriftProtocol.Binary)]
    [InlineData(ThriftProtocol.Compact)]
    [InlineData(ThriftProtocol.Json)]
    public void Read_WithUnknownFieldsOfAnyType_SkipsThemAndFindsTheKnownOne(ThriftProtocol protocol)
        => Gen.Select(DynamicGen.Any(3).Array[1, 4], Gen.Int).Sample(
            (unknown, number) =>
            {
                List<(short, Dynamic)> fields = [.. unknown.Select((value, index) => ((short)(1000 + (7 * index)), value))];
                fields.Add((4, new Dynamic.Scalar(ThriftType.I32, number)));
                fields.AddRange(unknown.Select((value, index) => ((short)(2000 + index), value)));
                byte[] bytes = ApacheOracle.Write(new Dynamic.Struct(fields), protocol);

                Sample read = ThriftSerializer.Deserialize<Sample>(bytes, out int consumed, protocol);

                Assert.Equal(number, read.Int);
                Assert.Equal(bytes.Length, consumed);
            },
            iter: Cases,
            threads: 1);

    [Theory]
    [InlineData(ThriftProtocol.Binary)]
    [InlineData(ThriftProtocol.Compact)]
    public void Copy_FromOneProtocolToTheOther_KeepsTheValue(ThriftProtocol from)
        => DynamicGen.Struct().Sample(
            value =>
            {
                byte[] bytes = DynamicCodec.Write(value, from);
                using var buffer = new ThriftWriteBuffer();
                ThriftProtocol to;
                if (from == ThriftProtocol.Binary)
                {
                    to = ThriftProtocol.Compact;
                    var reader = new ThriftReader(bytes);
                    var writer = new ThriftCompactWriter(buffer);
                    ThriftTranscoder.CopyStruct(ref reader, ref writer);
                    writer.Flush();
                }
                else
                {
                    to = ThriftProtocol.Binary;
                    var reader = new ThriftCompactReader(bytes);
                    var writer = new ThriftWriter(buffer);
                    ThriftTranscoder.CopyStruct(ref reader, ref writer);
                    writer.Flush();
                }

                Assert.Equal(value.ToString(), ApacheOracle.Read(buffer.WrittenSpan.ToArray(), to).ToString());
            },
            iter: Cases,
            threads: 1);

    [Theory]
    [InlineData(ThriftProtocol.Binary)]
    [InlineData(ThriftProtocol.Compact)]
    public void Write_AndRead_OfLongLists_AgreeWithApache(ThriftProtocol protocol)
        => DynamicGen.LongLists.Sample(
            value =>
            {
                byte[] bytes = DynamicCodec.Write(value, protocol);
                Assert.Equal(Convert.ToHexString(ApacheOracle.Write(value, protocol)), Convert.ToHexString(bytes));
                Assert.Equal(value.ToString(), DynamicCodec.Read(bytes, protocol).ToString());
            },
            iter: Cases / 4,
            threads: 1);
}
