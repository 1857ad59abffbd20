using System.Text;

namespace Rx.ThriftStreams.InteropProgram.Server;

/// <summary>
/// A <c>google.rpc.Status</c> in Protobuf: 1 code, 2 message, 3 details, each an <c>Any</c> of 1 type URL and 2 value. Written by hand: one message is
/// no reason for a Protobuf compiler.
/// </summary>
internal static class GoogleStatus
{
    private const string StringValue = "type.googleapis.com/google.protobuf.StringValue";
    private const int LengthDelimited = 2;

    /// <summary>A status with one <c>google.protobuf.StringValue</c>.</summary>
    internal static ReadOnlyMemory<byte> WithString(int code, string message, string detail)
    {
        byte[] any = [.. Text(1, StringValue), .. Bytes(2, Text(1, detail))];
        return (byte[])[1 << 3, .. Varint(code), .. Text(2, message), .. Bytes(3, any)];
    }

    private static byte[] Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

    private static byte[] Bytes(int field, byte[] value) => [(byte)((field << 3) | LengthDelimited), .. Varint(value.Length), .. value];

    private static List<byte> Varint(int value)
    {
        var bytes = new List<byte>();
        for (var rest = (uint)value; ; rest >>= 7)
        {
            bytes.Add((byte)(rest > 0x7F ? rest | 0x80 : rest));
            if (rest <= 0x7F)
            {
                return bytes;
            }
        }
    }
}
