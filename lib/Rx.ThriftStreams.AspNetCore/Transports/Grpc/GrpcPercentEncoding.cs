using System.Globalization;
using System.Text;

namespace Rx.ThriftStreams.AspNetCore.Transports.Grpc;

/// <summary>The escaping of <c>grpc-message</c>: UTF-8, where all but the printable ASCII characters, and the percent sign, become <c>%XX</c>.</summary>
internal static class GrpcPercentEncoding
{
    internal static string Encode(string message)
    {
        if (!NeedsEncoding(message))
        {
            return message;
        }

        var encoded = new StringBuilder(message.Length + 16);
        foreach (var b in Encoding.UTF8.GetBytes(message))
        {
            if (b is >= 0x20 and <= 0x7E and not (byte)'%')
            {
                encoded.Append((char)b);
            }
            else
            {
                encoded.Append(CultureInfo.InvariantCulture, $"%{b:X2}");
            }
        }

        return encoded.ToString();
    }

    private static bool NeedsEncoding(string message) => message.AsSpan().ContainsAnyExceptInRange(' ', '~') || message.Contains('%', StringComparison.Ordinal);
}
