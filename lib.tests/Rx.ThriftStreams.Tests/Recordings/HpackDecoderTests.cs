namespace Rx.ThriftStreams.Tests.Recordings;

public sealed class HpackDecoderTests
{
    // RFC 7541 appendix C.4: three requests with Huffman texts that share a dynamic table.
    [Fact]
    public void Decode_RequestsOfTheRfc_GivesTheirLists()
    {
        var decoder = new HpackDecoder();

        Assert.Equal(
            [(":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "www.example.com")],
            decoder.Decode(Convert.FromHexString("828684418cf1e3c2e5f23a6ba0ab90f4ff")));
        Assert.Equal(
            [(":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "www.example.com"), ("cache-control", "no-cache")],
            decoder.Decode(Convert.FromHexString("828684be5886a8eb10649cbf")));
        Assert.Equal(
            [(":method", "GET"), (":scheme", "https"), (":path", "/index.html"), (":authority", "www.example.com"), ("custom-key", "custom-value")],
            decoder.Decode(Convert.FromHexString("828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf")));
        Assert.Equal(3, decoder.DynamicCount);
    }

    [Fact]
    public void Decode_TableSizeZero_EvictsAll()
    {
        var decoder = new HpackDecoder();
        decoder.Decode(Convert.FromHexString("828684418cf1e3c2e5f23a6ba0ab90f4ff"));

        decoder.Decode([0x20]);

        Assert.Equal(0, decoder.DynamicCount);
    }
}
