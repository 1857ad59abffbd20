using Demo.Echo;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Tests.Serialization;

/// <summary>Messages as bytes: equal to what generated code writes, in every protocol.</summary>
public sealed class RawMessageTests
{
    [Theory]
    [InlineData(ThriftProtocol.Binary)]
    [InlineData(ThriftProtocol.Compact)]
    [InlineData(ThriftProtocol.Json)]
    public void Message_ReadAndWrittenAgain_IsThatOfGeneratedCode(ThriftProtocol protocol)
    {
        var request = new Request { Message = "not Base64" };
        byte[] bytes = ThriftSerializer.SerializeToArray(request, protocol);

        var raw = ThriftSerializer.Deserialize<ThriftRawMessage>(bytes, protocol);

        Assert.Equal(ThriftSerializer.SerializeToArray(request), raw.Bytes);
        Assert.Equal(bytes, ThriftSerializer.SerializeToArray(raw, protocol));
    }

    [Theory]
    [InlineData("")]
    [InlineData("0b0001000000")]
    [InlineData("0000")]
    [InlineData("11000100")]
    public void Write_BytesThatAreNotOneStruct_Fails(string bytes)
    {
        var raw = new ThriftRawMessage(Convert.FromHexString(bytes));

        Assert.Throws<ThriftProtocolException>(() => ThriftSerializer.SerializeToArray(raw));
    }
}
