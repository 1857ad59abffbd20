using System.Buffers;
using CsCheck;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Tests.TTHeader;

public sealed class ThriftMessageTests
{
    [Fact]
    public void Envelope_HandMadeCall_RoundTrips()
    {
        byte[] expected = WireBytes.Hex("80010001 0000000c 4563686f50696e67506f6e67 00000001");
        var output = new ArrayBufferWriter<byte>();

        ThriftMessageEnvelope.Write(output, ThriftMessageType.Call, "EchoPingPong", 1);
        output.Write("\0"u8);
        ThriftMessageEnvelope envelope = ThriftMessageEnvelope.Read(WireBytes.Cut(output.WrittenMemory, 3), out ReadOnlySequence<byte> body);

        Assert.Equal(expected, output.WrittenSpan[..^1].ToArray());
        Assert.Equal(expected.Length, ThriftMessageEnvelope.GetLength("EchoPingPong"));
        Assert.Equal(ThriftMessageType.Call, envelope.Type);
        Assert.Equal("EchoPingPong", WireBytes.Text(envelope.Method));
        Assert.Equal(1, envelope.SequenceId);
        Assert.Equal([0], body.ToArray());
    }

    [Theory]
    [InlineData("", "ends inside its envelope")]
    [InlineData("800100", "ends inside its envelope")]
    [InlineData("80010001 0000", "ends inside its envelope")]
    [InlineData("80010001 00000000 00000001 00", "no method name")]
    [InlineData("80010001 ffffffff 00000001 00", "invalid method name length[-1]")]
    [InlineData("80010001 7fffffff 00000001 00", "invalid method name length[2147483647]")]
    [InlineData("80010001 00000003 616263 0000", "invalid method name length[3]")]
    [InlineData("0000000c 4563686f 01 00000001 00", "bad version 0x0000000c")]
    [InlineData("82210001 00000001 61 00000001 00", "bad version 0x82210001")]
    public void Envelope_BadBytes_Fails(string hex, string text)
    {
        var error = Assert.Throws<ThriftProtocolException>(() => _ = ThriftMessageEnvelope.Read(WireBytes.One(WireBytes.Hex(hex)), out _).SequenceId);
        Assert.Contains(text, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ApplicationException_HandMadeReply_RoundTrips()
    {
        byte[] expected = WireBytes.Hex(
            "80010003 00000004 4e6f7065 00000001 0b0001 00000028" +
            "756e6b6e6f776e207365727669636520546573745365727669" + "63652c206d6574686f64204e6f7065" + "080002 00000014 00");
        const string Text = "unknown service TestService, method Nope";
        var output = new ArrayBufferWriter<byte>();

        ApplicationExceptionCodec.WriteMessage(output, "Nope", 1, ApplicationErrorType.UnknownService, Text);
        ThriftMessageEnvelope envelope = ThriftMessageEnvelope.Read(WireBytes.One(expected), out ReadOnlySequence<byte> body);
        ApplicationError read = ApplicationExceptionCodec.Read(body);

        Assert.Equal(expected, output.WrittenSpan.ToArray());
        Assert.Equal(expected.Length, ApplicationExceptionCodec.GetMessageLength("Nope", Text));
        Assert.Equal(ThriftMessageType.Exception, envelope.Type);
        Assert.Equal(ApplicationErrorType.UnknownService, read.Type);
        Assert.Equal(Text, read.Message);
    }

    [Fact]
    public void ApplicationException_AnyTextAndCode_RoundTrips()
        => Gen.Select(Gen.String[0, 60], Gen.Int, Gen.Int[1, 9]).Sample((text, type, segmentSize) =>
        {
            text = System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(text));
            var output = new ArrayBufferWriter<byte>();
            ApplicationExceptionCodec.Write(output, (ApplicationErrorType)type, text);
            Assert.Equal(output.WrittenCount, ApplicationExceptionCodec.GetLength(text));

            ApplicationError read = ApplicationExceptionCodec.Read(WireBytes.Cut(output.WrittenMemory, segmentSize));
            Assert.Equal(text, read.Message);
            Assert.Equal(type, (int)read.Type);
        }, iter: 500, threads: 1);

    [Fact]
    public void ApplicationException_UnknownFieldsAndOtherTypes_AreSkipped()
    {
        byte[] body = WireBytes.Hex("080001 00000063" + "0f0009 0c 00000002 0b0001 00000001 61 00 00" + "0b0001 00000002 6869" + "0d0004 08 0b 00000000" + "080002 00000006" + "00");

        ApplicationError read = ApplicationExceptionCodec.Read(WireBytes.Cut(body, 2));

        Assert.Equal("hi", read.Message);
        Assert.Equal(ApplicationErrorType.InternalError, read.Type);
    }

    [Theory]
    [InlineData("")]
    [InlineData("0b")]
    [InlineData("0b0001")]
    [InlineData("0b0001 00000005 6869")]
    [InlineData("0b0001 ffffffff 6869")]
    [InlineData("080002 0000")]
    [InlineData("080002 00000006")]
    [InlineData("0a0003 0000")]
    [InlineData("630003 0000")]
    public void ApplicationException_BadBytes_Fails(string hex)
        => Assert.Throws<ThriftProtocolException>(() => ApplicationExceptionCodec.Read(WireBytes.One(WireBytes.Hex(hex))));

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    public void Framing_ByteByByte_CompletesAtTheEnd(int segmentSize)
    {
        byte[] bytes = WireBytes.Hex("00000003 616263 00000001 7a");
        for (int present = 0; present < 7; present++)
        {
            ReadOnlySequence<byte> part = WireBytes.Cut(bytes.AsMemory(0, present), segmentSize);
            Assert.False(ThriftFraming.TryRead(ref part, 100, out _, out long needed));
            Assert.Equal(present < 4 ? 4 : 7, needed);
            Assert.Equal(present, part.Length);
        }

        ReadOnlySequence<byte> whole = WireBytes.Cut(bytes, segmentSize);
        Assert.True(ThriftFraming.TryRead(ref whole, 100, out ReadOnlySequence<byte> message, out _));
        Assert.Equal("abc"u8.ToArray(), message.ToArray());
        Assert.True(ThriftFraming.TryRead(ref whole, 100, out message, out _));
        Assert.Equal("z"u8.ToArray(), message.ToArray());
        Assert.True(whole.IsEmpty);
    }

    [Theory]
    [InlineData("00000000", "invalid frame length[0]")]
    [InlineData("ffffffff", "invalid frame length[-1]")]
    [InlineData("00000065", "payload size(101) larger than the limit(100) of MaxReceiveMessageSize")]
    public void Framing_BadLength_FailsBeforeTheMessage(string hex, string text)
    {
        ReadOnlySequence<byte> buffer = WireBytes.One(WireBytes.Hex(hex));
        var error = Assert.Throws<ThriftProtocolException>(() => ThriftFraming.TryRead(ref buffer, 100, out _, out _));
        Assert.Contains(text, error.Message, StringComparison.Ordinal);
    }
}
