using System.Buffers.Binary;
using System.Text;
using System.Text.Json;

namespace Rx.ThriftStreams.Tests.Recordings;

public sealed class GrpcRecordingTests
{
    public static TheoryData<string> Names => [.. Recording.All.Where(r => r.IsHttp2).Select(r => r.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void EveryFrame_IsWhatItsNoteSays(string name)
    {
        Recording recording = Recording.Get(name);
        foreach (bool fromClient in (bool[])[true, false])
        {
            Http2Decoder decoder = Http2Decoder.Decode(fromClient ? recording.ClientToServer : recording.ServerToClient, fromClient);
            RecordedNote[] notes = [.. recording.NotesOf(fromClient).Where(n => n.Kind != "PREFACE")];
            Assert.Equal(0, decoder.PendingBytes);
            Assert.Equal(notes.Length, decoder.Frames.Count);
            for (int i = 0; i < notes.Length; i++)
            {
                Compare(notes[i], decoder.Frames[i]);
            }
        }
    }

    [Fact]
    public void Names_AllGrpcRecordings_AreThere() => Assert.Equal(86, Names.Count);

    [Fact]
    public void Append_ByteByByte_GivesTheSameFrames()
    {
        Recording recording = Recording.Get("grpc-bidi-3");
        Http2Decoder whole = Http2Decoder.Decode(recording.ClientToServer, fromClient: true);
        Http2Decoder bytes = Http2Decoder.Decode(recording.Bytes(fromClient: true).Select(b => (byte[])[b]), fromClient: true);

        Assert.Equal(whole.Frames.Select(f => (f.Type, f.Flags, f.StreamId, f.Payload.Length)), bytes.Frames.Select(f => (f.Type, f.Flags, f.StreamId, f.Payload.Length)));
        Assert.Equal(3, bytes.MessagesOf(1).Count);
    }

    [Fact]
    public void MessagesOf_MessagesCutByTheWindow_AreWhole()
    {
        Http2Decoder server = Http2Decoder.Decode(Recording.Get("grpc-window-server").ServerToClient, fromClient: false);

        IReadOnlyList<GrpcMessage> messages = server.MessagesOf(1);

        Assert.Equal(20, messages.Count);
        Assert.All(messages, m => Assert.Equal(65544, m.Bytes.Length));
        Assert.Equal("0", Assert.Single(server.HeadersOf(1)[^1], h => h.Name == "grpc-status").Value);
    }

    [Fact]
    public void HeadersOf_HeaderOverThreeFrames_IsOneList()
    {
        Http2Decoder server = Http2Decoder.Decode(Recording.Get("grpc-bigheader2-bidi").ServerToClient, fromClient: false);

        Assert.Equal(60000, Assert.Single(server.HeadersOf(1)[0], h => h.Name == "x-big").Value.Length);
    }

    private static void Compare(RecordedNote note, Http2Frame frame)
    {
        Assert.Equal(note.Kind, TypeName(frame.Type));
        Assert.Equal(note.Number("sid"), frame.StreamId);
        Assert.Equal(note.Text("flags") ?? "", FlagNames(frame));
        Assert.Equal(note.Number("length"), frame.Payload.Length);
        if (note.Json("headers") is not null)
        {
            note.AssertJson("headers", "[" + string.Join(',', frame.Headers!.Select(h => $"[{ThriftText.Quote(h.Name)},{ThriftText.Quote(h.Value)}]")) + "]");
        }

        if (note.Json("data_hex") is not null)
        {
            note.AssertJson("data_hex", $"\"{Convert.ToHexStringLower(frame.Payload)}\"");
        }

        if (note.Json("settings") is { } settings)
        {
            var parts = new List<string>();
            for (int i = 0; i < frame.Payload.Length; i += 6)
            {
                string key = BinaryPrimitives.ReadUInt16BigEndian(frame.Payload.AsSpan(i)) switch
                {
                    4 => "INITIAL_WINDOW_SIZE",
                    5 => "MAX_FRAME_SIZE",
                    var other => $"setting {other}",
                };
                parts.Add($"[\"{key}\",{BinaryPrimitives.ReadUInt32BigEndian(frame.Payload.AsSpan(i + 2))}]");
            }

            Assert.Equal(settings, $"[{string.Join(',', parts)}]");
        }

        if (note.Number("increment") is { } increment)
        {
            Assert.Equal(increment, BinaryPrimitives.ReadInt32BigEndian(frame.Payload));
        }

        if (note.Text("error_code") is { } error)
        {
            uint code = BinaryPrimitives.ReadUInt32BigEndian(frame.Payload.AsSpan(frame.Type == Http2FrameType.GoAway ? 4 : 0));
            Assert.Equal(error == "NO_ERROR" ? 0 : uint.Parse(error.Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture), code);
        }

        if (note.Text("debug") is { } debug)
        {
            Assert.Equal(debug, Encoding.UTF8.GetString(frame.Payload.AsSpan(8)));
        }
    }

    private static string TypeName(Http2FrameType type)
        => JsonNamingPolicy.SnakeCaseUpper.ConvertName(type.ToString()).Replace("GO_AWAY", "GOAWAY", StringComparison.Ordinal);

    private static string FlagNames(Http2Frame frame)
    {
        var names = new List<string>();
        if (frame.HasFlag1)
        {
            names.Add(frame.Type is Http2FrameType.Settings or Http2FrameType.Ping ? "ACK" : "END_STREAM");
        }

        if (frame.EndHeaders)
        {
            names.Add("END_HEADERS");
        }

        return string.Join('|', names);
    }
}
