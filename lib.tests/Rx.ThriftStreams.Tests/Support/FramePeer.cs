using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Demo.Echo;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Tests.Support;

/// <summary>A frame that was received, copied out.</summary>
internal sealed record SeenFrame(TTHeaderFrameType Type, int Id, string Method, IReadOnlyDictionary<string, string> Pairs, byte[] Payload)
{
    /// <summary>The text of a DATA frame's message.</summary>
    public string? Text => ThriftSerializer.Deserialize<Response>(Payload).Message;

    /// <summary>The error in the payload.</summary>
    public ApplicationError Error
    {
        get
        {
            Assert.Equal(ThriftMessageType.Exception, ThriftMessageEnvelope.Read(new(Payload), out var body).Type);
            return ApplicationExceptionCodec.Read(body);
        }
    }
}

/// <summary>The other end of a connection, which says what a test tells it to.</summary>
internal sealed class FramePeer(IDuplexPipe pipe)
{
    private readonly TTHeaderFrameReader _reader = new();

    public IDuplexPipe Pipe => pipe;

    public static byte[] Frame(
        TTHeaderFrameType type,
        int id,
        string? method = "Echo",
        (string Key, string Value)[]? pairs = null,
        byte[]? payload = null,
        TTHeaderFlags flags = TTHeaderFlags.Streaming,
        int? frameType = null,
        TTHeaderProtocolId protocol = TTHeaderProtocolId.ThriftStruct)
    {
        var builder = new TTHeaderBuilder().Reset(flags, id, protocol);
        if (frameType != 0)
        {
            builder.AddInt(TTHeaderIntKey.FrameType, frameType ?? (int)type);
        }

        if (method is not null)
        {
            builder.AddInt(TTHeaderIntKey.ToMethod, method);
        }

        foreach (var (key, value) in pairs ?? [])
        {
            builder.AddString(key, value);
        }

        payload ??= [];
        var output = new ArrayBufferWriter<byte>();
        builder.WriteTo(output, payload.Length);
        output.Write(payload);
        return output.WrittenSpan.ToArray();
    }

    public static byte[] Header(int id, string method = "Echo", string? service = "TestService", params (string Key, string Value)[] more)
        => Frame(TTHeaderFrameType.Header, id, method, [.. more, .. service is null ? [] : new[] { ("isn", service) }]);

    public static byte[] Data(int id, string? text, string? method = "Echo")
        => Frame(TTHeaderFrameType.Data, id, method, payload: ThriftSerializer.SerializeToArray(new Request { Message = text }));

    public static byte[] Trailer(int id, string? method = "Echo", params (string Key, string Value)[] pairs) => Frame(TTHeaderFrameType.Trailer, id, method, pairs);

    public static byte[] Exception(string text, int type, string method = "Echo", int id = 1)
    {
        var output = new ArrayBufferWriter<byte>();
        ApplicationExceptionCodec.WriteMessage(output, method, id, (ApplicationErrorType)type, text);
        return output.WrittenSpan.ToArray();
    }

    public async Task SendAsync(params byte[][] frames)
    {
        foreach (var frame in frames)
        {
            pipe.Output.Write(frame);
        }

        await pipe.Output.FlushAsync(TestContext.Current.CancellationToken).Soon();
    }

    /// <summary>The next frame, or <see langword="null"/> if the connection was closed.</summary>
    public async Task<SeenFrame?> ReadAsync()
    {
        while (true)
        {
            ReadResult result;
            try
            {
                result = await pipe.Input.ReadAsync(TestContext.Current.CancellationToken).Soon();
            }
            catch (IOException)
            {
                return null;
            }

            var buffer = result.Buffer;
            var seen = TryTake(_reader, ref buffer);
            pipe.Input.AdvanceTo(buffer.Start, seen is null ? buffer.End : buffer.Start);
            if (seen is not null || result.IsCompleted)
            {
                return seen;
            }
        }
    }

    /// <summary>The next frame, which must be of that type.</summary>
    public async Task<SeenFrame> ExpectAsync(TTHeaderFrameType type, int? id = null)
    {
        var frame = await ReadAsync();
        Assert.NotNull(frame);
        Assert.Equal(type, frame.Type);
        if (id is not null)
        {
            Assert.Equal(id, frame.Id);
        }

        return frame;
    }

    public async Task ExpectClosedAsync() => Assert.Null(await ReadAsync());

    /// <summary>Takes a frame off the front of the bytes.</summary>
    public static SeenFrame? TryTake(TTHeaderFrameReader reader, ref ReadOnlySequence<byte> buffer)
    {
        if (!reader.TryRead(ref buffer, out var frame))
        {
            return null;
        }

        var pairs = new Dictionary<string, string>();
        if (frame.HasStringPairs)
        {
            foreach (var pair in frame.StringPairs)
            {
                if (pair.Key.SequenceEqual(TTHeaderStringKeys.Status))
                {
                    // A private pair, which no recording has.
                    continue;
                }

                pairs[Encoding.UTF8.GetString(pair.Key)] = Encoding.UTF8.GetString(pair.Value);
            }
        }

        Assert.True(frame.IsStreaming);
        return new(frame.FrameType, frame.SequenceId, Encoding.UTF8.GetString(frame.ToMethod), pairs, frame.Payload.ToArray());
    }
}
