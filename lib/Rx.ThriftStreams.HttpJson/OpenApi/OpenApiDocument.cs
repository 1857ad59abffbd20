using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rx.ThriftStreams.Dynamic;
using Rx.ThriftStreams.HttpJson.Answers;
using Rx.ThriftStreams.HttpJson.Calls;

namespace Rx.ThriftStreams.HttpJson.OpenApi;

/// <summary>Describes the endpoints of an application that serve JSON, in OpenAPI 3.1.</summary>
internal sealed class OpenApiDocument
{
    private readonly Utf8JsonWriter _writer;
    private readonly JsonSchemas _schemas;

    private OpenApiDocument(Utf8JsonWriter writer)
    {
        _writer = writer;
        _schemas = new(writer);
    }

    internal static byte[] Create(IEnumerable<Endpoint> endpoints)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(output))
        {
            new OpenApiDocument(writer).Write([.. endpoints.OfType<RouteEndpoint>().Where(static endpoint => endpoint.Metadata.GetMetadata<JsonMethod>() is not null)]);
        }

        return output.WrittenSpan.ToArray();
    }

    private void Write(List<RouteEndpoint> endpoints)
    {
        _writer.WriteStartObject();
        _writer.WriteString("openapi", "3.1.0");
        _writer.WriteStartObject("info");
        _writer.WriteString("title", string.Join(", ", endpoints.Select(static endpoint => MethodOf(endpoint).Service.FullName).Distinct()));
        _writer.WriteString("version", "1");
        _writer.WriteEndObject();
        _writer.WriteStartObject("paths");
        foreach (var path in endpoints.GroupBy(static endpoint => "/" + endpoint.RoutePattern.RawText!.TrimStart('/')))
        {
            _writer.WriteStartObject(path.Key);
            foreach (var endpoint in path)
            {
                var method = MethodOf(endpoint);
                var isPost = endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()!.HttpMethods.Contains(HttpMethods.Post);
                _writer.WriteStartObject(isPost ? "post" : "get");
                WriteOperation(method, isPost);
                _writer.WriteEndObject();
            }

            _writer.WriteEndObject();
        }

        _writer.WriteEndObject();
        _writer.WriteStartObject("components");
        _writer.WriteStartObject("schemas");
        WriteProblem();
        _schemas.WriteComponents();
        _writer.WriteEndObject();
        _writer.WriteEndObject();
        _writer.WriteEndObject();
    }

    private void WriteOperation(JsonMethod method, bool isPost)
    {
        _writer.WriteStartArray("tags");
        _writer.WriteStringValue(method.Service.FullName);
        _writer.WriteEndArray();
        _writer.WriteString("operationId", $"{method.Service.Name}_{method.Schema.Name}{(isPost || method.TakesStream ? "" : "_events")}");
        if (method.Schema.Documentation is { } documentation)
        {
            _writer.WriteString("description", documentation);
        }

        if (method.TakesStream)
        {
            WriteSocket(method);
            return;
        }

        if (isPost)
        {
            _writer.WriteStartObject("requestBody");
            _writer.WriteBoolean("required", method.Schema.Request.Fields.Count > 0);
            WriteContent(method, method.Schema.Request, "application/json");
            _writer.WriteEndObject();
        }
        else
        {
            _writer.WriteStartArray("parameters");
            _writer.WriteStartObject();
            _writer.WriteString("name", HttpExchange.QueryParameter);
            _writer.WriteString("in", "query");
            _writer.WriteBoolean("required", true);
            WriteContent(method, method.Schema.Request, "application/json");
            _writer.WriteEndObject();
            _writer.WriteEndArray();
        }

        _writer.WriteStartObject("responses");
        if (method.Schema.Method.IsOneway)
        {
            WriteResponse("202", "The request was accepted. There is no answer.");
            _writer.WriteEndObject();
        }
        else
        {
            WriteResponse("200", method.IsServerStreaming ? $"A stream. The schema is that of its messages: a line {{\"message\": …}} each, or the data of an event." : "The result.");
            WriteContent(method, method.Schema.Response, method.IsServerStreaming ? [StreamFormat.Lines.ContentType, StreamFormat.Events.ContentType] : ["application/json"]);
            _writer.WriteEndObject();
        }

        WriteResponse("default", "The call failed." + Exceptions(method));
        _writer.WriteStartObject("content");
        _writer.WriteStartObject(Problem.ContentType);
        _writer.WriteStartObject("schema");
        _writer.WriteString("$ref", "#/components/schemas/Problem");
        _writer.WriteEndObject();
        _writer.WriteEndObject();
        _writer.WriteEndObject();
        _writer.WriteEndObject();
        _writer.WriteEndObject();
    }

    private void WriteSocket(JsonMethod method)
    {
        _writer.WriteStartObject("responses");
        WriteResponse("101", "A WebSocket. Messages of both sides are texts {\"message\": …}; the client sends {\"end\": {}} after its last, the server {\"end\": …} or {\"problem\": …}.");
        _writer.WriteEndObject();
        _writer.WriteEndObject();
        _writer.WriteStartObject("x-websocket");
        _writer.WritePropertyName("send");
        _schemas.WriteMessage(method.Schema.Request, method);
        _writer.WritePropertyName("receive");
        _schemas.WriteMessage(method.Schema.Response, method);
        _writer.WriteEndObject();
    }

    private void WriteResponse(string status, string description)
    {
        _writer.WriteStartObject(status);
        _writer.WriteString("description", description);
    }

    private void WriteContent(JsonMethod method, ThriftStructSchema message, params ReadOnlySpan<string> types)
    {
        _writer.WriteStartObject("content");
        foreach (var type in types)
        {
            _writer.WriteStartObject(type);
            _writer.WritePropertyName("schema");
            _schemas.WriteMessage(message, method);
            _writer.WriteEndObject();
        }

        _writer.WriteEndObject();
    }

    private void WriteProblem()
    {
        _writer.WritePropertyName("Problem");
        _writer.WriteRawValue("""
            {"type":"object","description":"RFC 9457.","required":["title","status","detail","code"],"properties":{"type":{"type":"string"},"title":{"type":"string"},"status":{"type":"integer"},"detail":{"type":"string"},"code":{"type":"integer","description":"The status of the call."},"path":{"type":"string","description":"The place in the JSON of the request."},"exception":{"type":"string","description":"The name of an exception of the IDL."},"value":{"description":"Its fields."},"bizCode":{"type":"integer"},"bizExtra":{"type":"object","additionalProperties":{"type":"string"}},"traceId":{"type":"string","description":"The trace of the request."}}}
            """);
    }

    /// <summary>The exceptions that the method declares: field 0 of a result is its value.</summary>
    private static string Exceptions(JsonMethod method)
    {
        var names = method.Schema.Response is { Kind: ThriftStructKind.Result } result
            ? string.Join(", ", result.Fields.Where(static field => field.Id != 0).Select(static field => field.Type.ToString()))
            : string.Empty;
        return names.Length == 0 ? string.Empty : $" Status 422 for: {names}.";
    }

    private static JsonMethod MethodOf(Endpoint endpoint) => endpoint.Metadata.GetMetadata<JsonMethod>()!;
}
