using System.Globalization;
using System.Text;
using Rx.ThriftStreams.Compiler.Diagnostics;
using Rx.ThriftStreams.Compiler.Text;

namespace Rx.ThriftStreams.Compiler.Syntax;

/// <summary>
/// Decodes the escapes of a literal: those of Apache Thrift, and also <c>\uXXXX</c> and <c>\xXX</c>.
/// thriftgo leaves all escapes to the Go compiler, with the same result.
/// </summary>
internal static class LiteralDecoder
{
    public static string Decode(IdlText source, Token token, bool apache, DiagnosticBag diagnostics)
    {
        var text = source.Text;
        var end = token.End;
        var closed = token.Length > 1 && text[end - 1] == text[token.Start];
        var bodyStart = token.Start + 1;
        var bodyEnd = closed ? end - 1 : end;
        var body = text.Substring(bodyStart, bodyEnd - bodyStart);
        if (body.IndexOf('\\') < 0)
        {
            return body;
        }

        var builder = new StringBuilder(body.Length);
        for (var i = 0; i < body.Length; i++)
        {
            if (body[i] != '\\' || i + 1 == body.Length)
            {
                builder.Append(body[i]);
                continue;
            }

            var escape = body[++i];
            switch (escape)
            {
                case 'n':
                    builder.Append('\n');
                    break;
                case 'r':
                    builder.Append('\r');
                    break;
                case 't':
                    builder.Append('\t');
                    break;
                case '\\' or '"' or '\'':
                    builder.Append(escape);
                    break;
                case 'u' when TryHex(body, i + 1, 4, out var unit):
                    builder.Append((char)unit);
                    i += 4;
                    break;
                case 'x' when TryHex(body, i + 1, 2, out var unit):
                    builder.Append((char)unit);
                    i += 2;
                    break;
                default:
                    diagnostics.Add(Rules.BadEscape, apache, source, new TextSpan(bodyStart + i - 1, 2), "\\" + escape);
                    builder.Append('\\').Append(escape);
                    break;
            }
        }

        return builder.ToString();
    }

    private static bool TryHex(string text, int start, int length, out int value)
    {
        value = 0;
        return start + length <= text.Length
            && int.TryParse(text.Substring(start, length), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
    }
}
