using System.Buffers;
using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Tests.Support;

/// <summary>Ping-pong messages by hand, right and wrong ones.</summary>
internal static class PingPongWire
{
    /// <summary>An envelope and the bytes of a struct.</summary>
    internal static byte[] Message(string method, byte[] body, int sequenceId = 1, int type = 1)
    {
        using var output = new ThriftWriteBuffer();
        ThriftMessageEnvelope.Write(output, (ThriftMessageType)type, method, sequenceId);
        return [.. output.WrittenSpan, .. body];
    }

    /// <summary>A call of <c>Add(1: i32 a, 2: i32 b)</c>.</summary>
    internal static byte[] Add(int a, int b, int sequenceId = 1, int type = 1)
        => Message("Add", Convert.FromHexString($"080001{a:x8}080002{b:x8}00"), sequenceId, type);

    /// <summary>A call of a method that takes one text.</summary>
    internal static byte[] WithText(string method, string text, int sequenceId = 1, int type = 1)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return Message(method, [.. Convert.FromHexString($"0b0001{bytes.Length:x8}"), .. bytes, 0], sequenceId, type);
    }

    internal static byte[] Framed(byte[] message)
    {
        var framed = new byte[message.Length + 4];
        BinaryPrimitives.WriteInt32BigEndian(framed, message.Length);
        message.CopyTo(framed, 4);
        return framed;
    }

    /// <param name="payload">The message, framed or not.</param>
    /// <param name="sequenceId">The frame's; the server answers by the envelope's.</param>
    /// <param name="flags">The frame's flags.</param>
    /// <param name="pairs">As <c>key=value</c>.</param>
    internal static byte[] TTHeader(byte[] payload, int sequenceId = 1, TTHeaderFlags flags = default, params string[] pairs)
    {
        var header = new TTHeaderBuilder().Reset(flags, sequenceId, TTHeaderProtocolId.ThriftBinary).AddInt(TTHeaderIntKey.MessageType, 1);
        foreach (var pair in pairs)
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            header.AddString(pair[..equals], pair[(equals + 1)..]);
        }

        var output = new ArrayBufferWriter<byte>();
        header.WriteTo(output, payload.Length);
        output.Write(payload);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>What comes until the connection ends.</summary>
    internal static async Task<byte[]> ReadToEndAsync(NetworkStream stream)
    {
        using var received = new MemoryStream();
        try
        {
            await stream.CopyToAsync(received).Soon();
        }
        catch (IOException)
        {
            // A reset is as good an end as any.
        }

        return received.ToArray();
    }
}
