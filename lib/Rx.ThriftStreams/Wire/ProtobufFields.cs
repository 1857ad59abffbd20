namespace Rx.ThriftStreams.Wire;

/// <summary>Reads the fields of a Protobuf message one after the other, without its schema.</summary>
internal static class ProtobufFields
{
    /// <summary>Reads the next field.</summary>
    /// <param name="message">The rest of the message; on success, what follows the field.</param>
    /// <param name="tag">The number of the field, shifted by three bits, and its wire type.</param>
    /// <param name="content">The bytes of the value, without their length; empty for a varint.</param>
    /// <param name="number">The value of a varint.</param>
    /// <returns><see langword="false"/> if no field begins there, or the field is cut off.</returns>
    internal static bool TryRead(ref ReadOnlySpan<byte> message, out ulong tag, out ReadOnlySpan<byte> content, out ulong number)
    {
        content = default;
        number = 0;
        if (!TryReadVarint(ref message, out tag))
        {
            return false;
        }

        ulong length;
        switch (tag & 7)
        {
            case 0:
                return TryReadVarint(ref message, out number);
            case 1:
                length = 8;
                break;
            case 2 when TryReadVarint(ref message, out length):
                break;
            case 5:
                length = 4;
                break;
            default:
                return false;
        }

        if (length > (ulong)message.Length)
        {
            return false;
        }

        content = message[..(int)length];
        message = message[(int)length..];
        return true;
    }

    private static bool TryReadVarint(ref ReadOnlySpan<byte> message, out ulong value)
    {
        value = 0;
        for (var i = 0; i < 10 && i < message.Length; i++)
        {
            value |= (ulong)(message[i] & 0x7F) << (7 * i);
            if (message[i] < 0x80)
            {
                message = message[(i + 1)..];
                return true;
            }
        }

        return false;
    }
}
