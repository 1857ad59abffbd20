using System;
using System.Text;

namespace Rx.ThriftStreams.Compiler.Text;

/// <summary>
/// The encoding of a file: UTF-8, unless it has a byte order mark of another. Encoding decoded text
/// returns the same bytes, including the byte order mark.
/// </summary>
internal sealed class IdlEncoding
{
    private static readonly Encoding[] Marked =
    [
        new UTF8Encoding(encoderShouldEmitUTF8Identifier: true, throwOnInvalidBytes: true),
        new UTF32Encoding(bigEndian: false, byteOrderMark: true, throwOnInvalidCharacters: true),
        new UTF32Encoding(bigEndian: true, byteOrderMark: true, throwOnInvalidCharacters: true),
        new UnicodeEncoding(bigEndian: false, byteOrderMark: true, throwOnInvalidBytes: true),
        new UnicodeEncoding(bigEndian: true, byteOrderMark: true, throwOnInvalidBytes: true),
    ];

    private static readonly Encoding Utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly Encoding _encoding;

    private IdlEncoding(Encoding encoding)
    {
        _encoding = encoding;
    }

    /// <summary>Decodes a file.</summary>
    /// <param name="path">The path of the file.</param>
    /// <param name="bytes">Its content.</param>
    /// <returns>The text, with <see cref="IdlText.IsUnicode"/> unset if some bytes are not what the encoding allows, and its encoding.</returns>
    public static (IdlText Text, IdlEncoding Encoding) Decode(string path, byte[] bytes)
    {
        var encoding = Array.Find(Marked, e => StartsWith(bytes, e.GetPreamble())) ?? Utf8;
        var start = encoding.GetPreamble().Length;
        try
        {
            return (new IdlText(path, encoding.GetString(bytes, start, bytes.Length - start)), new IdlEncoding(encoding));
        }
        catch (DecoderFallbackException)
        {
            // One character per byte: the ASCII part, which is all that the grammar needs, is right.
            var latin1 = Encoding.GetEncoding(28591);
            return (new IdlText(path, latin1.GetString(bytes), isUnicode: false), new IdlEncoding(latin1));
        }
    }

    public byte[] Encode(string text)
    {
        var mark = _encoding.GetPreamble();
        var body = _encoding.GetBytes(text);
        var bytes = new byte[mark.Length + body.Length];
        mark.CopyTo(bytes, 0);
        body.CopyTo(bytes, mark.Length);
        return bytes;
    }

    private static bool StartsWith(byte[] bytes, byte[] mark) => bytes.AsSpan().StartsWith(mark);
}
