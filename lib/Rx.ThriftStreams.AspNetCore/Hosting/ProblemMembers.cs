using System.Diagnostics;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Rx.ThriftStreams.AspNetCore.Hosting;

/// <summary>The members of problem details beyond those of RFC 9457: the same in answers and in events, of REST endpoints and of Thrift methods that are served as JSON.</summary>
internal static class ProblemMembers
{
    /// <summary>The type: what kind of error it is says the title.</summary>
    internal const string Type = "about:blank";

    internal const string TraceId = "traceId";

    /// <summary>The trace of a request, as ASP.NET Core identifies it in problem details.</summary>
    internal static string TraceOf(HttpContext http) => Activity.Current?.Id ?? http.TraceIdentifier;

    /// <summary>Writes the members into an object.</summary>
    /// <param name="writer">Where to write.</param>
    /// <param name="code">The status of the call.</param>
    /// <param name="error">The error, if it was thrown for the caller.</param>
    /// <param name="value">The fields of an exception of the IDL as JSON; <see langword="null"/> if they are not known as JSON.</param>
    internal static void Write(Utf8JsonWriter writer, ThriftStatusCode code, ThriftException? error, string? value)
    {
        writer.WriteNumber("code", (int)code);
        if (error is ThriftDeclaredException declared)
        {
            writer.WriteString("exception", declared.DeclaredName);
            if (value is not null)
            {
                writer.WritePropertyName("value");
                writer.WriteRawValue(value);
            }
        }

        if (error is ThriftBizStatusException biz)
        {
            writer.WriteNumber("bizCode", biz.Code);
            writer.WriteStartObject("bizExtra");
            foreach (var (name, text) in biz.Extra)
            {
                writer.WriteString(name, text);
            }

            writer.WriteEndObject();
        }
    }

    /// <summary>Adds the members of an error to the extensions of problem details.</summary>
    internal static void Add(IDictionary<string, object?> extensions, ThriftException error)
    {
        using var json = new MemoryStream();
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            Write(writer, error.StatusCode, MadeCallErrors.DetailOf(error) is null ? null : error, (error as ThriftDeclaredException)?.ValueAsJson());
            writer.WriteEndObject();
        }

        using var members = JsonDocument.Parse(json.GetBuffer().AsMemory(0, (int)json.Length));
        foreach (var member in members.RootElement.EnumerateObject())
        {
            extensions[member.Name] = member.Value.Clone();
        }
    }
}
