using System.Text.Json;
using Rx.ThriftStreams.Dynamic;
using Rx.ThriftStreams.HttpJson.Calls;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.HttpJson.OpenApi;

/// <summary>Writes types of the IDL as JSON Schema. Structs become components, by name.</summary>
internal sealed class JsonSchemas(Utf8JsonWriter writer)
{
    private readonly Dictionary<ThriftStructSchema, string> _names = [];
    private readonly List<(ThriftStructSchema Type, JsonMethod Method, string Name)> _written = [];
    private readonly HashSet<string> _taken = new(StringComparer.Ordinal) { "Problem" };
    private readonly Queue<(ThriftStructSchema Type, JsonMethod Method)> _pending = [];

    /// <summary>Writes a message as it looks in JSON: the only argument, or the result, instead of the struct around it.</summary>
    internal void WriteMessage(ThriftStructSchema message, JsonMethod method)
    {
        switch (message.Kind)
        {
            case ThriftStructKind.Arguments when message.Fields.Count == 0:
                writer.WriteStartObject();
                writer.WriteEndObject();
                break;

            case ThriftStructKind.Arguments when message.Fields.Count == 1:
                WriteType(message.Fields[0].Type, message.Fields[0], method);
                break;

            case ThriftStructKind.Arguments:
                WriteStruct(message, method);
                break;

            case ThriftStructKind.Result when message.Fields.FirstOrDefault(static field => field.Id == 0) is { } value:
                WriteType(value.Type, value, method);
                break;

            case ThriftStructKind.Result:
                writer.WriteStartObject();
                writer.WriteString("type", "null");
                writer.WriteEndObject();
                break;

            default:
                writer.WriteStartObject();
                WriteReference(message, method);
                writer.WriteEndObject();
                break;
        }
    }

    /// <summary>Writes the structs that messages refer to.</summary>
    internal void WriteComponents()
    {
        while (_pending.TryDequeue(out var next))
        {
            writer.WritePropertyName(_names[next.Type]);
            WriteStruct(next.Type, next.Method);
        }
    }

    private void WriteStruct(ThriftStructSchema type, JsonMethod method)
    {
        writer.WriteStartObject();
        writer.WriteString("type", "object");
        if (type.Documentation is { } documentation)
        {
            writer.WriteString("description", documentation);
        }

        if (type.Kind == ThriftStructKind.Union)
        {
            writer.WriteNumber("maxProperties", 1);
        }

        if (method.Json.RefuseUnknownMembers)
        {
            writer.WriteBoolean("additionalProperties", false);
        }

        writer.WriteStartObject("properties");
        foreach (var field in type.Fields)
        {
            writer.WritePropertyName(field.JsonName);
            WriteType(field.Type, field, method);
        }

        writer.WriteEndObject();
        if (type.Fields.Any(static field => field.Requiredness == ThriftRequiredness.Required))
        {
            writer.WriteStartArray("required");
            foreach (var field in type.Fields.Where(static field => field.Requiredness == ThriftRequiredness.Required))
            {
                writer.WriteStringValue(field.JsonName);
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }

    private void WriteType(ThriftTypeSchema type, ThriftFieldSchema? field, JsonMethod method)
    {
        writer.WriteStartObject();
        switch (type.WireType)
        {
            case ThriftType.Struct:
                WriteReference(type.Struct!, method);
                break;

            case ThriftType.List or ThriftType.Set:
                writer.WriteString("type", "array");
                writer.WritePropertyName("items");
                WriteType(type.Element!, null, method);
                break;

            case ThriftType.Map:
                writer.WriteString("type", "object");
                writer.WritePropertyName("additionalProperties");
                WriteType(type.Element!, null, method);
                break;

            default:
                WriteScalar(type, method);
                break;
        }

        if (field?.Documentation is { } documentation)
        {
            writer.WriteString("description", documentation);
        }

        writer.WriteEndObject();
    }

    private void WriteScalar(ThriftTypeSchema type, JsonMethod method)
    {
        var (name, format) = type.WireType switch
        {
            ThriftType.Bool => ("boolean", null),
            ThriftType.Byte => ("integer", "int8"),
            ThriftType.I16 => ("integer", "int16"),
            ThriftType.I32 => ("integer", type.Enum is null ? "int32" : null),
            ThriftType.I64 when method.Json.Int64AsText => ("string", "int64"),
            ThriftType.I64 => ("integer", "int64"),
            ThriftType.Double => ("number", "double"),
            ThriftType.Uuid => ("string", "uuid"),
            _ => ("string", null),
        };
        writer.WriteString("type", name);
        if (format is not null)
        {
            writer.WriteString("format", format);
        }

        if (type.IsBinary && method.Json.BinaryAsBase64)
        {
            writer.WriteString("contentEncoding", "base64");
        }

        if (type.Enum is { } values)
        {
            writer.WriteStartArray("enum");
            foreach (var value in values.Values.Values)
            {
                writer.WriteNumberValue(value);
            }

            writer.WriteEndArray();
            writer.WriteStartArray("x-enum-varnames");
            foreach (var value in values.Values.Keys)
            {
                writer.WriteStringValue(value);
            }

            writer.WriteEndArray();
        }
    }

    private void WriteReference(ThriftStructSchema type, JsonMethod method)
    {
        if (!_names.TryGetValue(type, out var name))
        {
            if (FindSame(type, method) is { } same)
            {
                _names.Add(type, same);
                writer.WriteString("$ref", "#/components/schemas/" + same);
                return;
            }

            // Services may have different types of one name.
            name = _taken.Add(type.Name) ? type.Name : $"{method.Service.FullName}.{type.Name}";
            for (var i = 2; name != type.Name && !_taken.Add(name); i++)
            {
                name = $"{method.Service.FullName}.{type.Name}.{i}";
            }

            _names.Add(type, name);
            _written.Add((type, method, name));
            _pending.Enqueue((type, method));
        }

        writer.WriteString("$ref", "#/components/schemas/" + name);
    }

    /// <summary>The name of a component that is the same type of another service, shown in the same way; <see langword="null"/> if there is none.</summary>
    private string? FindSame(ThriftStructSchema type, JsonMethod method)
        => _written.Find(other => other.Method.Json.Int64AsText == method.Json.Int64AsText
            && other.Method.Json.RefuseUnknownMembers == method.Json.RefuseUnknownMembers
            && other.Method.Json.BinaryAsBase64 == method.Json.BinaryAsBase64
            && SameStructs.AreSame(other.Type, type)).Name;
}
