using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Rx.ThriftStreams.Wire;

/// <summary>The value of the string key <c>crc32c</c>: CRC-32C (Castagnoli) of all bytes after the TTHeader, as eight lower-case hex digits.</summary>
internal static class PayloadChecksum
{
    /// <summary>The checksum of a payload, with the length of an inner frame if it has one.</summary>
    public static uint Compute(in ReadOnlySequence<byte> payload)
    {
        uint crc = uint.MaxValue;
        foreach (ReadOnlyMemory<byte> segment in payload)
        {
            crc = Append(crc, segment.Span);
        }

        return ~crc;
    }

    /// <inheritdoc cref="Compute(in ReadOnlySequence{byte})"/>
    public static uint Compute(ReadOnlySpan<byte> payload) => ~Append(uint.MaxValue, payload);

    /// <summary>The checksum as text.</summary>
    public static string Format(uint checksum) => checksum.ToString("x8", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Writes the checksum as text, eight bytes.</summary>
    public static void Format(uint checksum, Span<byte> destination)
        => checksum.TryFormat(destination, out _, "x8", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Verifies a received frame. A frame without the key passes, as in Kitex.</summary>
    /// <exception cref="ThriftProtocolException">The checksum does not match: the payload was changed on its way.</exception>
    public static void Verify(in TTHeaderFrame frame)
    {
        if (!frame.TryGetString(TTHeaderStringKeys.Crc32C, out ReadOnlySpan<byte> expected))
        {
            return;
        }

        uint actual = Compute(frame.Payload);
        Span<byte> text = stackalloc byte[8];
        Format(actual, text);
        if (!expected.SequenceEqual(text))
        {
            TTHeaderErrors.ChecksumMismatch(Encoding.UTF8.GetString(expected[..Math.Min(expected.Length, 64)]), Format(actual));
        }
    }

    private static uint Append(uint crc, ReadOnlySpan<byte> data)
    {
        while (data.Length >= sizeof(ulong))
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(data));
            data = data[sizeof(ulong)..];
        }

        foreach (byte b in data)
        {
            crc = BitOperations.Crc32C(crc, b);
        }

        return crc;
    }
}
