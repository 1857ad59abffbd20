using System.Text;

namespace Rx.ThriftStreams.Wire;

/// <summary>The Protobuf message <c>google.rpc.Status { int32 code = 1; string message = 2; repeated Any details = 3; }</c>, limited to replacing its text.</summary>
internal static class GoogleRpcStatus
{
    private const int MessageTag = (2 << 3) | 2;

    /// <summary>Returns the same message with another text. Bytes that are not such a message, or a message without a text, are returned unchanged.</summary>
    internal static ReadOnlyMemory<byte> WithMessage(ReadOnlyMemory<byte> status, string message)
    {
        var span = status.Span;
        for (var position = 0; position < span.Length;)
        {
            var start = position;
            if (!TryReadVarint(span, ref position, out var tag) || !TrySkip(span, ref position, (int)(tag & 7)))
            {
                return status;
            }

            if (tag == MessageTag)
            {
                var text = Encoding.UTF8.GetBytes(message);
                var changed = new List<byte>(status.Length + text.Length);
                changed.AddRange(span[..start]);
                changed.Add(MessageTag);
                for (var rest = (uint)text.Length; ; rest >>= 7)
                {
                    changed.Add((byte)(rest < 0x80 ? rest : rest | 0x80));
                    if (rest < 0x80)
                    {
                        break;
                    }
                }

                changed.AddRange(text);
                changed.AddRange(span[position..]);
                return changed.ToArray();
            }
        }

        return status;
    }

    private static bool TrySkip(ReadOnlySpan<byte> span, ref int position, int wireType)
    {
        ulong length;
        switch (wireType)
        {
            case 0:
                return TryReadVarint(span, ref position, out _);
            case 1:
                length = 8;
                break;
            case 2 when TryReadVarint(span, ref position, out length):
                break;
            case 5:
                length = 4;
                break;
            default:
                return false;
        }

        if (length > (ulong)(span.Length - position))
        {
            return false;
        }

        position += (int)length;
        return true;
    }

    private static bool TryReadVarint(ReadOnlySpan<byte> span, ref int position, out ulong value)
    {
        value = 0;
        for (var shift = 0; shift < 64 && position < span.Length; shift += 7)
        {
            var next = span[position++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return true;
            }
        }

        return false;
    }
}
