using System.Text;

namespace Rx.ThriftStreams.Wire;

/// <summary>The Protobuf message <c>google.rpc.Status { int32 code = 1; string message = 2; repeated Any details = 3; }</c>, limited to replacing its text.</summary>
internal static class GoogleRpcStatus
{
    private const int MessageTag = (2 << 3) | 2;

    /// <summary>Returns the same message with another text. Bytes that are not such a message, or a message without a text, are returned unchanged.</summary>
    internal static ReadOnlyMemory<byte> WithMessage(ReadOnlyMemory<byte> status, string message)
    {
        for (var rest = status.Span; !rest.IsEmpty;)
        {
            var start = status.Length - rest.Length;
            if (!ProtobufFields.TryRead(ref rest, out var tag, out _, out _))
            {
                return status;
            }

            if (tag == MessageTag)
            {
                var text = Encoding.UTF8.GetBytes(message);
                var changed = new List<byte>(status.Length + text.Length);
                changed.AddRange(status.Span[..start]);
                changed.Add(MessageTag);
                for (var length = (uint)text.Length; ; length >>= 7)
                {
                    changed.Add((byte)(length < 0x80 ? length : length | 0x80));
                    if (length < 0x80)
                    {
                        break;
                    }
                }

                changed.AddRange(text);
                changed.AddRange(rest);
                return changed.ToArray();
            }
        }

        return status;
    }
}
