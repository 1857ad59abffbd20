using System.Text;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Tests.Serialization;

/// <summary>Apache's JSON protocol, where its text is not only what <see cref="CodecOracleTests"/> compare.</summary>
public sealed class ThriftJsonTests
{
    [Fact]
    public void Serialize_EveryShape_IsWhatApacheWrites()
    {
        var sample = new Sample
        {
            Flag = true,
            Int = -5,
            Double = double.NegativeInfinity,
            Text = "a\"b\\c/\n\u0001é😀",
            Bytes = [1, 2, 3, 4],
            Longs = [1, long.MinValue],
            Flags = [true, false],
        };

        string text = Encoding.UTF8.GetString(ThriftSerializer.SerializeToArray(sample, ThriftProtocol.Json));

        Assert.Contains("""{"1":{"tf":1},""", text, StringComparison.Ordinal);
        Assert.Contains(""","4":{"i32":-5},""", text, StringComparison.Ordinal);
        Assert.Contains("""{"dbl":"-Infinity"}""", text, StringComparison.Ordinal);
        Assert.Contains("""{"str":"a\"b\\c/\n\u0001é😀"}""", text, StringComparison.Ordinal);
        Assert.Contains("""{"str":"AQIDBA"}""", text, StringComparison.Ordinal);
        Assert.Contains("""{"lst":["i64",2,1,-9223372036854775808]}""", text, StringComparison.Ordinal);
        Assert.Contains("""["tf",2,1,0]""", text, StringComparison.Ordinal);
        Assert.Contains("""["str","rec",0,{}]""", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "4" : { "i32" : 7 } , "7":{"str":"\u0041\ud83d\ude00\/\ud800"} } """, 7, "A😀/\uFFFD")]
    [InlineData("""{"7":{"str":"x"},"99":{"map":["i32","lst",1,{"5":["rec",1,{"1":{"str":"}]"}}]}]},"4":{"i32":-1}}""", -1, "x")]
    [InlineData("""{"98":{"dbl":"NaN"},"97":{"str":"\"{["},"4":{"i32":0}}""", 0, "")]
    public void Deserialize_WhatOtherWritersWrite_ReadsIt(string json, int number, string text)
    {
        Sample read = ThriftSerializer.Deserialize<Sample>(Encoding.UTF8.GetBytes(json), out int consumed, ThriftProtocol.Json);

        Assert.Equal((number, text), (read.Int, read.Text));
        Assert.Equal(json.TrimEnd().Length, Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(json).AsSpan(0, consumed)).Length);
    }

    [Theory]
    [InlineData("""{"8":{"str":"TQ=="}}""", "4D")]
    [InlineData("""{"8":{"str":"TQ"}}""", "4D")]
    [InlineData("""{"8":{"str":"\/\/8="}}""", "FFFF")]
    [InlineData("""{"8":{"str":""}}""", "")]
    public void ReadBinary_PaddedOrNot_ReadsIt(string json, string hex)
        => Assert.Equal(hex, Convert.ToHexString(ThriftSerializer.Deserialize<Sample>(Encoding.UTF8.GetBytes(json), ThriftProtocol.Json).Bytes));

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("""{"4":{"i32":7}""")]
    [InlineData("""{"4":{"i32":7,}}""")]
    [InlineData("""{"4":{"i32":2147483648}}""")]
    [InlineData("""{"4":{"i32":1.5}}""")]
    [InlineData("""{"4":{"i32":}}""")]
    [InlineData("""{"99999":{"i32":1}}""")]
    [InlineData("""{"x":{"i32":1}}""")]
    [InlineData("""{"4":{"int":1}}""")]
    [InlineData("""{"7":{"str":"\x"}}""")]
    [InlineData("""{"7":{"str":"\u00"}}""")]
    [InlineData("""{"7":{"str":"open""")]
    [InlineData("""{"7":{"str":"open\""")]
    [InlineData("""{"8":{"str":"A"}}""")]
    [InlineData("""{"8":{"str":"!!!!"}}""")]
    [InlineData("""{"6":{"dbl":"much"}}""")]
    [InlineData("""{"9":{"uid":"1"}}""")]
    [InlineData("""{"10":{"lst":["i64",2147483647,1]}}""")]
    [InlineData("""{"10":{"lst":["i64",-1]}}""")]
    [InlineData("""{"10":{"lst":["i64",2,1]}}""")]
    [InlineData("""{"10":{"lst":["str",1,"1"]}}""")]
    [InlineData("""{"99":{"lst":]}}""")]
    [InlineData("""{"99":{"lst":["i8",1,1}}""")]
    public void Deserialize_BadJson_FailsWithTheTypedError(string json)
        => Assert.Throws<ThriftProtocolException>(() => ThriftSerializer.Deserialize<Sample>(Encoding.UTF8.GetBytes(json), ThriftProtocol.Json));

    [Fact]
    public void UnknownFields_OfJson_ComeOutAsTheyCameIn()
    {
        const string Json = """{"1":{"str":"AQIDBA"},"2":{"str":"a text"},"3":{"map":["str","str",1,{"k\n":"v"}]},"4":{"lst":["dbl",2,1.5,"NaN"]}}""";

        var kept = ThriftSerializer.Deserialize<Keeper>(Encoding.UTF8.GetBytes(Json), ThriftProtocol.Json);

        Assert.Equal(Json, Encoding.UTF8.GetString(ThriftSerializer.SerializeToArray(kept, ThriftProtocol.Json)));
    }

    [Fact]
    public void Serialize_ALongTextOfPairsAndEscapes_ReadsBack()
    {
        var sample = new Sample { Text = string.Concat(Enumerable.Repeat("x😀\n", 5000)) };

        byte[] bytes = ThriftSerializer.SerializeToArray(sample, ThriftProtocol.Json);

        Assert.Equal(sample.Text, ThriftSerializer.Deserialize<Sample>(bytes, ThriftProtocol.Json).Text);
    }
}
