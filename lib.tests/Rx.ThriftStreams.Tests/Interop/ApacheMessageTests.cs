using Rx.ThriftStreams.Apache;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Tests.Interop;

public sealed class ApacheMessageTests
{
    [Theory]
    [InlineData(ThriftProtocol.Binary)]
    [InlineData(ThriftProtocol.Compact)]
    [InlineData(ThriftProtocol.Json)]
    public void Serialize_AndDeserialize_KeepTheValue(ThriftProtocol protocol)
    {
        byte[] bytes = ThriftSerializer.SerializeToArray(new ApacheMessage<ApacheNote>(ApacheNote.Full()), protocol);

        ApacheNote read = ThriftSerializer.Deserialize<ApacheMessage<ApacheNote>>(bytes, out int consumed, protocol).Value;

        Assert.Equivalent(ApacheNote.Full(), read, strict: true);
        Assert.Equal(bytes.Length, consumed);
    }

    [Theory]
    [InlineData(ThriftProtocol.Binary)]
    [InlineData(ThriftProtocol.Compact)]
    [InlineData(ThriftProtocol.Json)]
    public void Serialize_GivesTheBytesOfTheSameStructOfThisLibrary(ThriftProtocol protocol)
    {
        var note = new Note { Text = "hé", Number = -5, Data = [1, 2, 254], Flags = [true, false, true], Id = 1L << 40 };

        Assert.Equal(
            ThriftSerializer.SerializeToArray(note, protocol),
            ThriftSerializer.SerializeToArray(new ApacheMessage<ApacheNote>(ApacheNote.Full()), protocol));
    }

    [Fact]
    public void Deserialize_WhenTheApacheTypeRejectsTheMessage_FailsWithItsError()
    {
        var error = Assert.Throws<ThriftProtocolException>(() => ThriftSerializer.Deserialize<ApacheMessage<ApacheNote>>([0]));

        Assert.IsType<Thrift.Protocol.TProtocolException>(error.InnerException);
        Assert.Contains(nameof(ApacheNote), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Deserialize_OfTruncatedBytes_FailsWithOffset()
    {
        byte[] bytes = ThriftSerializer.SerializeToArray(new ApacheMessage<ApacheNote>(ApacheNote.Full()));

        var error = Assert.Throws<ThriftProtocolException>(() => ThriftSerializer.Deserialize<ApacheMessage<ApacheNote>>(bytes.AsSpan(0, 20)));

        Assert.InRange(error.Offset, 1, 20);
    }

    [Fact]
    public void Serialize_WhenTheApacheTypeDoesNotCompleteAtOnce_SaysSo()
    {
        var never = new TaskCompletionSource();
        ApacheNote.Added.Value = never.Task;

        var error = Assert.Throws<InvalidOperationException>(() => ThriftSerializer.SerializeToArray(new ApacheMessage<ApacheNote>(ApacheNote.Full())));

        Assert.Contains("synchronously", error.Message, StringComparison.Ordinal);
    }
}
