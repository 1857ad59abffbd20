using System.Buffers;
using System.Buffers.Text;
using System.Text;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Transports.PingPong;

/// <summary>What precedes a message over HTTP/1.1: the request line and the headers. One a transport.</summary>
internal sealed class HttpRequestHead(string endpoint, string path)
{
    // The length is known last: it has leading zeros.
    private const int LengthDigits = 10;

    private static readonly SearchValues<char> s_tokenCharacters = SearchValues.Create("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz");

    private static readonly HashSet<string> s_ownHeaders =
    [
        "accept", "connection", "content-encoding", "content-length", "content-type", "expect", "host", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade",
    ];

    private readonly byte[] _start = Encoding.ASCII.GetBytes(
        $"POST {path} HTTP/1.1\r\nHost: {endpoint}\r\nContent-Type: application/x-thrift\r\nAccept: application/x-thrift\r\n");

    /// <summary>Writes the head. Headers that HTTP cannot carry are left out.</summary>
    /// <param name="output">An empty buffer.</param>
    /// <param name="headers">The call's headers.</param>
    internal void Write(ThriftWriteBuffer output, ThriftMetadata headers)
    {
        output.Write(_start);
        foreach (var (name, value) in headers)
        {
            if (IsHeader(name, value))
            {
                WriteText(output, name);
                output.Write(": "u8);
                WriteText(output, value);
                output.Write("\r\n"u8);
            }
        }

        output.Write("Content-Length: "u8);
        _ = output.Skip(LengthDigits);
        output.Write("\r\n\r\n"u8);
    }

    /// <summary>Fills in the length of the message.</summary>
    /// <param name="output">The buffer with the whole request.</param>
    /// <param name="headLength">The size of the head in bytes.</param>
    internal static void PatchLength(ThriftWriteBuffer output, int headLength)
    {
        var digits = output.GetWrittenSpan(headLength - 4 - LengthDigits, LengthDigits);
        Utf8Formatter.TryFormat(output.Length - headLength, digits, out _, new StandardFormat('D', LengthDigits));
    }

    private static bool IsHeader(string name, string value)
        => name.Length > 0 && !name.AsSpan().ContainsAnyExcept(s_tokenCharacters) && !s_ownHeaders.Contains(name) && !value.AsSpan().ContainsAnyInRange('\0', '\u001F');

    private static void WriteText(ThriftWriteBuffer output, string text)
    {
        var span = output.GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length));
        output.Advance(Encoding.UTF8.GetBytes(text, span));
    }
}
