using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;

namespace Rx.ThriftStreams.Primitives;

/// <summary>Base64 as gRPC metadata uses it: the standard alphabet, sent without padding, accepted with and without.</summary>
internal static class ThriftBase64
{
    internal static string Encode(ReadOnlySpan<byte> value) => Convert.ToBase64String(value).TrimEnd('=');

    internal static bool TryDecode(string text, [NotNullWhen(true)] out byte[]? value)
    {
        value = null;
        var padded = text.TrimEnd('=');
        if (padded.Length % 4 == 1)
        {
            return false;
        }

        padded = padded.PadRight((padded.Length + 3) / 4 * 4, '=');
        var buffer = new byte[Base64.GetMaxDecodedFromUtf8Length(padded.Length)];
        if (!Convert.TryFromBase64String(padded, buffer, out var written))
        {
            return false;
        }

        value = buffer.Length == written ? buffer : buffer[..written];
        return true;
    }
}
