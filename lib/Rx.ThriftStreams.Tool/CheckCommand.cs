using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Rx.ThriftStreams.Compiler.Diagnostics;
using Rx.ThriftStreams.Compiler.Semantics;

namespace Rx.ThriftStreams.Tool;

/// <summary><c>thriftstreams check</c></summary>
internal static class CheckCommand
{
    public static int Run(LoadedSources sources, bool json, bool strict, TextWriter output)
    {
        var found = sources.All.SelectMany(source => Binder.Bind(source, sources.Set).Diagnostics).ToList();
        if (json)
        {
            output.WriteLine(Json(found));
        }
        else
        {
            found.ForEach(output.WriteLine);
        }

        return found.Exists(d => strict || d.IsError) ? ExitCodes.Findings : ExitCodes.Success;
    }

    private static string Json(List<IdlDiagnostic> found)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartArray();
            foreach (var diagnostic in found)
            {
                writer.WriteStartObject();
                writer.WriteString("id", diagnostic.Id);
                writer.WriteString("severity", diagnostic.IsError ? "error" : "warning");
                writer.WriteString("message", diagnostic.Message);
                writer.WriteString("file", diagnostic.Path);
                writer.WriteNumber("line", diagnostic.Line);
                writer.WriteNumber("column", diagnostic.Column);
                writer.WriteNumber("endLine", diagnostic.EndLine);
                writer.WriteNumber("endColumn", diagnostic.EndColumn);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
