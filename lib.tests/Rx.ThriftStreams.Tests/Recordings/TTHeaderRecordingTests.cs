using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Tests.Recordings;

public sealed class TTHeaderRecordingTests
{
    private static readonly JsonSerializerOptions Unescaped = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static TheoryData<string> Names => [.. Recording.All.Where(r => !r.IsHttp2).Select(r => r.Name)];

    [Fact]
    public void Names_AllOtherRecordings_AreThere() => Assert.Equal(233 - 86, Names.Count);

    [Theory]
    [MemberData(nameof(Names))]
    public void EveryMessage_IsWhatItsNoteSays(string name)
    {
        Recording recording = Recording.Get(name);
        foreach (bool fromClient in (bool[])[true, false])
        {
            byte[] bytes = recording.Bytes(fromClient);
            foreach (int segmentSize in (int[])[int.MaxValue, 11])
            {
                if (bytes.Length < 100_000 || segmentSize > 11)
                {
                    CompareAll([.. recording.NotesOf(fromClient)], WireBytes.Cut(bytes, segmentSize));
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void EveryConnection_ParsesWhole(string name)
    {
        foreach (RecordedConnection connection in Recording.Get(name).Connections)
        {
            foreach (bool fromClient in (bool[])[true, false])
            {
                ReadOnlySequence<byte> buffer = WireBytes.One(connection.Bytes(fromClient));
                Assert.True(buffer.IsEmpty || ProtocolDetector.DetectConnection(buffer) > WireProtocol.Http2);
                while (!buffer.IsEmpty)
                {
                    CompareNext(null, ref buffer);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void EveryTTHeaderFrame_WrittenAgain_HasTheSameParts(string name)
    {
        foreach (bool fromClient in (bool[])[true, false])
        {
            ReadOnlySequence<byte> buffer = WireBytes.One(Recording.Get(name).Bytes(fromClient));
            var reader = new TTHeaderFrameReader();
            while (!buffer.IsEmpty && ProtocolDetector.DetectMessage(buffer) is WireProtocol.TTHeader or WireProtocol.TTHeaderStreaming)
            {
                ReadOnlySequence<byte> start = buffer;
                Assert.True(reader.TryRead(ref buffer, out TTHeaderFrame frame));
                TTHeaderBuilder builder = new TTHeaderBuilder().Reset(frame.Flags, frame.SequenceId, frame.ProtocolId);
                foreach (HeaderStringPair pair in frame.StringPairs)
                {
                    builder.AddString(pair.Key, pair.Value);
                }

                foreach (HeaderIntPair pair in frame.IntPairs)
                {
                    builder.AddInt(pair.Key, WireBytes.Text(pair.Value));
                }

                // Pairs keep their order here, and Kitex writes blocks in the order that the builder does: the bytes are the same.
                var output = new ArrayBufferWriter<byte>();
                builder.WriteTo(output, (int)frame.Payload.Length);
                Assert.Equal(start.Slice(0, output.WrittenCount).ToArray(), output.WrittenSpan.ToArray());
            }
        }
    }

    private static void CompareAll(RecordedNote[] notes, ReadOnlySequence<byte> buffer)
    {
        foreach (RecordedNote note in notes)
        {
            Assert.False(buffer.IsEmpty, note.Line);
            CompareNext(note, ref buffer);
        }

        Assert.True(buffer.IsEmpty);
    }

    // Takes the next frame or message off the buffer and holds it against the note, if there is one.
    private static void CompareNext(RecordedNote? note, ref ReadOnlySequence<byte> buffer)
    {
        WireProtocol kind = ProtocolDetector.DetectMessage(buffer);
        switch (kind)
        {
            case WireProtocol.TTHeader:
            case WireProtocol.TTHeaderStreaming:
                Assert.True(new TTHeaderFrameReader().TryRead(ref buffer, out TTHeaderFrame frame));
                Assert.Equal(kind == WireProtocol.TTHeaderStreaming, frame.IsStreaming);
                CompareFrame(note, frame);
                break;

            case WireProtocol.Framed:
                Assert.True(ThriftFraming.TryRead(ref buffer, int.MaxValue, out ReadOnlySequence<byte> framed, out _));
                Assert.Equal(note is null ? null : "FRAME", note?.Kind);
                if (note is not null)
                {
                    Assert.Equal(note.Number("length"), (int)framed.Length);
                }

                CompareMessage(note, framed);
                break;

            case WireProtocol.Buffered:
                Assert.True(new ThriftMessageScanner(int.MaxValue).TryScan(buffer, out long length));
                ReadOnlySequence<byte> message = buffer.Slice(0, length);
                buffer = buffer.Slice(length);
                Assert.Equal(note is null ? null : "THRIFT", note?.Kind);
                CompareMessage(note, message);
                break;

            default:
                Assert.Fail($"The next message is {kind}.");
                break;
        }
    }

    private static void CompareMessage(RecordedNote? note, in ReadOnlySequence<byte> message)
    {
        ThriftMessageEnvelope envelope = ThriftMessageEnvelope.Read(message, out ReadOnlySequence<byte> body);
        Assert.InRange((int)envelope.Type, 1, 4);
        string text = ThriftText.OfStruct(body.ToArray());
        if (note is not null)
        {
            Assert.Equal(note.Text("type"), envelope.Type.ToString().ToUpperInvariant());
            Assert.Equal(note.Text("method"), WireBytes.Text(envelope.Method));
            Assert.Equal(note.Number("seq"), envelope.SequenceId);
            note.AssertJson("body", text);
        }
    }

    private static void CompareFrame(RecordedNote? note, in TTHeaderFrame frame)
    {
        string? inner = null;
        int? innerLength = null;
        if (!frame.Payload.IsEmpty && ProtocolDetector.DetectPayload(frame.Payload) is WireProtocol.Framed or WireProtocol.Buffered)
        {
            ReadOnlySequence<byte> message = ProtocolDetector.GetMessage(frame.Payload, out bool framed);
            innerLength = framed ? (int)message.Length : null;
            ThriftMessageEnvelope envelope = ThriftMessageEnvelope.Read(message, out ReadOnlySequence<byte> body);
            inner = $$"""{"body":{{ThriftText.OfStruct(body.ToArray())}},"method":"{{WireBytes.Text(envelope.Method)}}","seq":{{envelope.SequenceId}},"type":"{{envelope.Type.ToString().ToUpperInvariant()}}"}""";
        }

        if (note is null)
        {
            return;
        }

        Assert.Equal(note.Kind, frame.IsStreaming ? "TTSTREAM" : "TTHEADER");
        Assert.Equal(note.Label, frame.IsStreaming ? frame.FrameType.ToString().ToUpperInvariant() : "");
        Assert.Equal(note.Number("sid") ?? note.Number("seq"), frame.SequenceId);
        Assert.Equal(note.Text("flags"), $"0x{(ushort)frame.Flags:x4}");
        Assert.Equal(note.Text("protocol_id"), $"0x{(byte)frame.ProtocolId:x2}");
        Assert.Equal(note.Number("header_size_words"), frame.Info.Length / 4);
        var strings = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (HeaderStringPair pair in frame.StringPairs)
        {
            strings.Add(WireBytes.Text(pair.Key), WireBytes.Text(pair.Value));
        }

        var ints = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (HeaderIntPair pair in frame.IntPairs)
        {
            ints.Add(((int)pair.Key).ToString(CultureInfo.InvariantCulture), WireBytes.Text(pair.Value));
        }

        Assert.Equal(note.Text("acl_token"), frame.HasAclToken ? WireBytes.Text(frame.AclToken) : null);
        strings.Remove(Encoding.UTF8.GetString(TTHeaderStringKeys.AclToken));
        Assert.Equal(note.Json("str_info") is null, strings.Count == 0);
        if (strings.Count > 0)
        {
            note.AssertJson("str_info", JsonSerializer.Serialize(strings, Unescaped));
        }

        note.AssertJson("int_info", JsonSerializer.Serialize(ints, Unescaped));
        Assert.Equal(ints.GetValueOrDefault("9", ""), WireBytes.Text(frame.ToMethod));
        Assert.Equal(ints.GetValueOrDefault("27", ""), WireBytes.Text(frame.FrameTypeText));
        Assert.Equal(ints.GetValueOrDefault("22", ""), WireBytes.Text(frame.MessageType));
        Assert.Equal(ints.GetValueOrDefault("1", ""), WireBytes.Text(frame.TransportType));
        Assert.Equal(ints.GetValueOrDefault("3", ""), WireBytes.Text(frame.FromService));
        Assert.Equal(ints.GetValueOrDefault("6", ""), WireBytes.Text(frame.ToService));
        Assert.Equal(ints.GetValueOrDefault("20", ""), WireBytes.Text(frame.FromMethod));
        Assert.Equal(ints.ContainsKey("12"), frame.TryGetRpcTimeout(out int timeout));
        Assert.Equal(ints.GetValueOrDefault("12", "0"), timeout.ToString(CultureInfo.InvariantCulture));
        Assert.Equal(note.Number("framed_length_field"), innerLength);
        Assert.Equal(note.Number("payload_length"), (int)frame.Payload.Length);
        if (note.Json("thrift_message") is not null)
        {
            note.AssertJson("thrift_message", inner!);
        }

        if (note.Json("thrift_struct") is not null)
        {
            note.AssertJson("thrift_struct", ThriftText.OfStruct(frame.Payload.ToArray()));
        }
    }
}
