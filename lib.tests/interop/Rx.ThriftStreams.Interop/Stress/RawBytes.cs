using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Rx.ThriftStreams.InteropProgram.Stress;

/// <summary>Writes the bytes of attacks by hand: the library would refuse to send most of them.</summary>
internal sealed class RawBytes
{
    private readonly ArrayBufferWriter<byte> _bytes = new();

    internal const byte FrameHeader = 2;
    internal const byte FrameData = 3;
    internal const byte FrameTrailer = 4;

    private const ushort Streaming = 2;

    internal int Length => _bytes.WrittenCount;

    internal byte[] ToArray() => _bytes.WrittenSpan.ToArray();

    internal RawBytes Add(params ReadOnlySpan<byte> bytes)
    {
        _bytes.Write(bytes);
        return this;
    }

    internal RawBytes AddU8(int value) => Add((byte)value);

    internal RawBytes AddU16(int value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(_bytes.GetSpan(2), (ushort)value);
        _bytes.Advance(2);
        return this;
    }

    internal RawBytes AddU32(long value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(_bytes.GetSpan(4), (uint)value);
        _bytes.Advance(4);
        return this;
    }

    internal RawBytes AddI64(long value)
    {
        BinaryPrimitives.WriteInt64BigEndian(_bytes.GetSpan(8), value);
        _bytes.Advance(8);
        return this;
    }

    internal RawBytes AddText16(string text) => AddU16(Encoding.UTF8.GetByteCount(text)).Add(Encoding.UTF8.GetBytes(text));

    internal RawBytes AddText32(string text) => AddU32(Encoding.UTF8.GetByteCount(text)).Add(Encoding.UTF8.GetBytes(text));

    /// <summary>A Framed ping-pong call: a length, the Thrift envelope, the arguments.</summary>
    internal static byte[] FramedCall(string method, int sequenceId, ReadOnlySpan<byte> arguments)
    {
        var message = new RawBytes().AddU32(0x80010001).AddText32(method).AddU32(sequenceId).Add(arguments);
        return new RawBytes().AddU32(message.Length).Add(message.ToArray()).ToArray();
    }

    /// <summary>A frame of TTHeader Streaming.</summary>
    internal static byte[] StreamFrame(byte type, int id, string method, ReadOnlySpan<byte> payload, params (string Key, string Value)[] pairs)
    {
        var info = new RawBytes().AddU8(0x10).AddU8(0); // protocol ThriftStruct, no transforms
        info.AddU8(0x10).AddU16(2).AddU16(27).AddText16(type.ToString(System.Globalization.CultureInfo.InvariantCulture)).AddU16(9).AddText16(method);
        if (pairs.Length > 0)
        {
            info.AddU8(0x01).AddU16(pairs.Length);
            foreach (var (key, value) in pairs)
            {
                info.AddText16(key).AddText16(value);
            }
        }

        while (info.Length % 4 != 0)
        {
            info.AddU8(0);
        }

        return new RawBytes()
            .AddU32(10 + info.Length + payload.Length).AddU16(0x1000).AddU16(Streaming).AddU32(id).AddU16(info.Length / 4)
            .Add(info.ToArray()).Add(payload).ToArray();
    }

    /// <summary>An HTTP/2 frame.</summary>
    internal static byte[] Http2Frame(int type, int flags, int stream, ReadOnlySpan<byte> payload)
        => new RawBytes().AddU8(payload.Length >> 16).AddU16(payload.Length & 0xFFFF).AddU8(type).AddU8(flags).AddU32(stream).Add(payload).ToArray();

    /// <summary>The header block of a gRPC call, without compression.</summary>
    internal static byte[] Http2CallHeaders(string path)
    {
        var block = new RawBytes();
        foreach (var (name, value) in new[] { (":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "stress"), ("te", "trailers"), ("content-type", "application/grpc+thrift") })
        {
            block.AddU8(0).AddU8(name.Length).Add(Encoding.ASCII.GetBytes(name)).AddU8(value.Length).Add(Encoding.ASCII.GetBytes(value));
        }

        return block.ToArray();
    }
}
