using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Rx.ThriftStreams.Compiler.Diagnostics;
using Spectre.Console;

namespace Rx.ThriftStreams.Tool;

/// <summary>How findings are printed.</summary>
internal enum FindingsFormat
{
    /// <summary>One line each, as MSBuild and editors read it.</summary>
    Text,

    /// <summary>A JSON array.</summary>
    Json,

    /// <summary>SARIF 2.1.0, which code hosts display in the code.</summary>
    Sarif,
}

/// <summary>A finding of a command.</summary>
/// <param name="Diagnostic">What was found, and where.</param>
/// <param name="Ignored">The reason given for ignoring it, if any.</param>
internal sealed record Finding(IdlDiagnostic Diagnostic, string? Ignored = null);

/// <summary>Prints findings.</summary>
internal static class Findings
{
    public static void Write(IReadOnlyList<Finding> findings, FindingsFormat format, TextWriter output)
    {
        switch (format)
        {
            case FindingsFormat.Json:
                output.WriteLine(Print(writer => WriteJson(writer, findings)));
                break;
            case FindingsFormat.Sarif:
                output.WriteLine(Print(writer => SarifLog.Write(writer, findings)));
                break;
            default:
                var console = ToolConsole.Of(output);
                foreach (var finding in findings.Where(static f => f.Ignored is null))
                {
                    console.WriteLine(finding.Diagnostic.ToString(), finding.Diagnostic.IsError ? Color.Red : Color.Yellow);
                }

                break;
        }
    }

    private static string Print(Action<Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            write(writer);
        }

        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }

    private static void WriteJson(Utf8JsonWriter writer, IReadOnlyList<Finding> findings)
    {
        writer.WriteStartArray();
        foreach (var (diagnostic, ignored) in findings)
        {
            writer.WriteStartObject();
            writer.WriteString("id", diagnostic.Id);
            writer.WriteString("severity", diagnostic.IsError ? "error" : "warning");
            writer.WriteString("message", diagnostic.Message);
            writer.WriteString("file", diagnostic.Path);
            writer.WriteNumber("line", diagnostic.Line);
            writer.WriteNumber("column", diagnostic.Column);
            writer.WriteNumber("endLine", diagnostic.Location.EndLine);
            writer.WriteNumber("endColumn", diagnostic.Location.EndColumn);
            if (ignored is not null)
            {
                writer.WriteString("ignored", ignored);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
