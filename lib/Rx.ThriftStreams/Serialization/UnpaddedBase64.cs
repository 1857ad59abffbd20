using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;

namespace Rx.ThriftStreams.Serialization;

/// <summary>Base64 of which the padding is optional, as in Thrift's JSON.</summary>
internal static class UnpaddedBase64
{
    private const int Group = 4;
    private const int BytesPerGroup = 3;

    /// <summary>How many bytes a text of that length decodes to at most.</summary>
    public static int MaxDecodedLength(int length) => (int)((long)length * BytesPerGroup / Group);

    /// <summary>Decodes a text.</summary>
    /// <returns><see langword="false"/> if it is not Base64.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> text, [NotNullWhen(true)] out byte[]? value)
    {
        value = null;
        text = text.TrimEnd((byte)'=');
        byte[] decoded = new byte[MaxDecodedLength(text.Length)];
        int whole = text.Length - (text.Length % Group);
        if (Base64.DecodeFromUtf8(text[..whole], decoded, out _, out int written) != OperationStatus.Done)
        {
            return false;
        }

        if (whole < text.Length)
        {
            // The decoder requires the padding of the last group.
            Span<byte> last = [(byte)'=', (byte)'=', (byte)'=', (byte)'='];
            text[whole..].CopyTo(last);
            Span<byte> lastBytes = stackalloc byte[BytesPerGroup];
            if (Base64.DecodeFromUtf8(last, lastBytes, out _, out int lastWritten) != OperationStatus.Done)
            {
                return false;
            }

            lastBytes[..lastWritten].CopyTo(decoded.AsSpan(written));
            written += lastWritten;
        }

        // White space, which the decoder ignores, leaves fewer bytes.
        value = written == decoded.Length ? decoded : decoded.AsSpan(0, written).ToArray();
        return true;
    }
}
