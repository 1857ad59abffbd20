using System.Buffers;
using System.Globalization;
using System.Text;

namespace Rx.ThriftStreams.Transports.PingPong;

/// <summary>The status line and headers of a response of HTTP/1, as far as they decide where the body ends.</summary>
/// <param name="Status">The status code.</param>
/// <param name="Reason">The text after it.</param>
/// <param name="Length">The size of the body in bytes; <see langword="null"/> if the end of the connection ends it, or chunks do.</param>
/// <param name="IsChunked">Whether the body comes in chunks.</param>
/// <param name="KeepsConnection">Whether the connection carries another request after it.</param>
internal sealed record HttpResponseHead(int Status, string Reason, long? Length, bool IsChunked, bool KeepsConnection)
{
    internal const int MaxSize = 32 * 1024;

    private const int VersionLength = 8;
    private const int StatusLength = 3;

    /// <summary>Takes a head off the front of a buffer.</summary>
    /// <returns><see langword="null"/> while it is not complete.</returns>
    /// <exception cref="ThriftProtocolException">The bytes are not a response of HTTP/1, or its head is larger than <see cref="MaxSize"/>.</exception>
    internal static HttpResponseHead? TryRead(ref ReadOnlySequence<byte> buffer)
    {
        var reader = new SequenceReader<byte>(buffer);
        if (!reader.TryReadTo(out ReadOnlySequence<byte> head, "\r\n\r\n"u8))
        {
            return buffer.Length <= MaxSize ? null : throw TooLarge();
        }

        if (head.Length > MaxSize)
        {
            throw TooLarge();
        }

        buffer = reader.UnreadSequence;
        return Parse(Encoding.Latin1.GetString(head).Split("\r\n"));
    }

    private static HttpResponseHead Parse(string[] lines)
    {
        // HTTP/1.1 200 OK
        var line = lines[0];
        if (line.Length < VersionLength + 1 + StatusLength
            || !line.StartsWith("HTTP/1.", StringComparison.Ordinal)
            || line[VersionLength] != ' '
            || !int.TryParse(line.AsSpan(VersionLength + 1, StatusLength), NumberStyles.None, CultureInfo.InvariantCulture, out var status))
        {
            throw new ThriftProtocolException("The server's answer is not a response of HTTP/1.", 0);
        }

        var isPersistent = line[VersionLength - 1] != '0';
        long? length = null;
        var isChunked = false;
        foreach (var header in lines.AsSpan(1))
        {
            var colon = header.IndexOf(':', StringComparison.Ordinal);
            var value = header[(colon + 1)..].Trim();
            switch (colon > 0 ? header[..colon].ToLowerInvariant() : string.Empty)
            {
                case "content-length":
                    if (!long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var announced)
                        || (length is not null && length != announced))
                    {
                        throw new ThriftProtocolException($"The response has the Content-Length \"{Printable(value)}\".", 0);
                    }

                    length = announced;
                    break;

                case "transfer-encoding":
                    isChunked = value.Equals("chunked", StringComparison.OrdinalIgnoreCase)
                        ? true
                        : throw new ThriftProtocolException($"The response has the Transfer-Encoding \"{Printable(value)}\"; only chunked is understood.", 0);
                    break;

                case "connection":
                    isPersistent = isPersistent
                        ? !value.Contains("close", StringComparison.OrdinalIgnoreCase)
                        : value.Contains("keep-alive", StringComparison.OrdinalIgnoreCase);
                    break;
            }
        }

        if (status is 204 or 304)
        {
            (length, isChunked) = (0, false);
        }

        length = isChunked ? null : length;
        return new(status, Printable(line[(VersionLength + 1 + StatusLength)..].Trim()), length, isChunked, isPersistent && (isChunked || length is not null));
    }

    private static string Printable(string text)
        => string.Create(Math.Min(text.Length, 100), text, static (span, text) =>
        {
            for (var i = 0; i < span.Length; i++)
            {
                span[i] = text[i] is >= ' ' and <= '~' ? text[i] : '?';
            }
        });

    private static ThriftProtocolException TooLarge() => new($"The head of the server's response is larger than {MaxSize} bytes.", 0);
}
