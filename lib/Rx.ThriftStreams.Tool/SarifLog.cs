using System.Reflection;
using System.Text.Json;
using Rx.ThriftStreams.Compiler.Diagnostics;
using Rx.ThriftStreams.Compiler.Text;

namespace Rx.ThriftStreams.Tool;

/// <summary>Findings as a log of the Static Analysis Results Interchange Format, version 2.1.0.</summary>
internal static class SarifLog
{
    public static void Write(Utf8JsonWriter writer, IReadOnlyList<Finding> findings)
    {
        var rules = findings.Select(static f => f.Diagnostic.Rule).Distinct().OrderBy(static r => r.Id, StringComparer.Ordinal).ToList();
        writer.WriteStartObject();
        writer.WriteString("$schema", "https://json.schemastore.org/sarif-2.1.0.json");
        writer.WriteString("version", "2.1.0");
        writer.WriteStartArray("runs");
        writer.WriteStartObject();
        WriteTool(writer, rules);
        writer.WriteString("columnKind", "utf16CodeUnits");
        writer.WriteStartArray("results");
        foreach (var finding in findings)
        {
            WriteResult(writer, finding, rules.IndexOf(finding.Diagnostic.Rule));
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WriteTool(Utf8JsonWriter writer, List<Rule> rules)
    {
        writer.WriteStartObject("tool");
        writer.WriteStartObject("driver");
        writer.WriteString("name", "thriftstreams");
        writer.WriteString("semanticVersion", typeof(SarifLog).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion);
        writer.WriteStartArray("rules");
        foreach (var rule in rules)
        {
            writer.WriteStartObject();
            writer.WriteString("id", rule.Id);
            WriteText(writer, "shortDescription", rule.Title);
            writer.WriteStartObject("defaultConfiguration");
            writer.WriteString("level", rule.Severity == IdlSeverity.Error ? "error" : "warning");
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteResult(Utf8JsonWriter writer, Finding finding, int ruleIndex)
    {
        var diagnostic = finding.Diagnostic;
        writer.WriteStartObject();
        writer.WriteString("ruleId", diagnostic.Id);
        writer.WriteNumber("ruleIndex", ruleIndex);
        writer.WriteString("level", diagnostic.IsError ? "error" : "warning");
        WriteText(writer, "message", diagnostic.Message);
        writer.WriteStartArray("locations");
        writer.WriteStartObject();
        writer.WriteStartObject("physicalLocation");
        writer.WriteStartObject("artifactLocation");
        writer.WriteString("uri", Uri(diagnostic.Path));
        writer.WriteEndObject();
        writer.WriteStartObject("region");
        writer.WriteNumber("startLine", diagnostic.Line);
        writer.WriteNumber("startColumn", diagnostic.Column);
        writer.WriteNumber("endLine", diagnostic.Location.EndLine);
        writer.WriteNumber("endColumn", diagnostic.Location.EndColumn);
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteEndArray();
        if (finding.Ignored is { } reason)
        {
            writer.WriteStartArray("suppressions");
            writer.WriteStartObject();
            writer.WriteString("kind", "inSource");
            writer.WriteString("justification", reason);
            writer.WriteEndObject();
            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }

    private static void WriteText(Utf8JsonWriter writer, string name, string text)
    {
        writer.WriteStartObject(name);
        writer.WriteString("text", text);
        writer.WriteEndObject();
    }

    private static string Uri(string path)
    {
        var normalized = IdlPath.Normalize(path);
        return IdlPath.IsRooted(normalized)
            ? new Uri("file://" + (normalized[0] == '/' ? "" : "/") + string.Join('/', normalized.Split('/').Select(System.Uri.EscapeDataString))).AbsoluteUri
            : string.Join('/', normalized.Split('/').Select(System.Uri.EscapeDataString));
    }
}
