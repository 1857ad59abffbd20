namespace Rx.ThriftStreams.Tests.Governance;

/// <summary>What cannot work is said when the channel is made, not by its first call.</summary>
public sealed class ChannelAddressTests
{
    [Theory]
    [InlineData("127.0.0.1:8888", "grpc://")]
    [InlineData("tcp://127.0.0.1:8888", "grpc://")]
    [InlineData("grpc://", "does not name an endpoint")]
    [InlineData("grpc://,", "does not name an endpoint")]
    [InlineData("grpc://127.0.0.1", "host:port")]
    [InlineData("grpc://127.0.0.1:0", "host:port")]
    [InlineData("grpc://127.0.0.1:99999", "host:port")]
    [InlineData("grpc://127.0.0.1:1,user@127.0.0.1:2", "host:port")]
    [InlineData("ttheader://127.0.0.1:1/path", "host:port")]
    public void ForAddress_NoAddress_SaysWhatIsExpected(string address, string expected)
        => Assert.Contains(expected, Assert.Throws<ArgumentException>(() => ThriftChannel.ForAddress(address)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(ThriftTransport.Framed, null, null, "StreamTransport")]
    [InlineData(ThriftTransport.TTHeader, null, null, "StreamTransport")]
    [InlineData(null, ThriftTransport.TTHeaderStreaming, null, "PingPongTransport")]
    [InlineData(null, ThriftTransport.Framed, ThriftConnectionMode.Multiplexed, "Connections.Mode")]
    [InlineData(null, ThriftTransport.Buffered, ThriftConnectionMode.Multiplexed, "Connections.Mode")]
    [InlineData(null, ThriftTransport.Http, ThriftConnectionMode.Multiplexed, "Connections.Mode")]
    [InlineData(null, ThriftTransport.Http, ThriftConnectionMode.Pipelined, "Connections.Mode")]
    public void ForAddress_TransportThatCannotDoIt_NamesTheOption(ThriftTransport? streams, ThriftTransport? calls, ThriftConnectionMode? mode, string option)
    {
        var options = new ThriftChannelOptions { StreamTransport = streams, PingPongTransport = calls, Connections = { Mode = mode } };

        Assert.StartsWith(option, Assert.Throws<ArgumentException>(() => ThriftChannel.ForAddress("ttheader://127.0.0.1:1", options)).Message, StringComparison.Ordinal);
    }
}
