using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Rx.ThriftStreams.HttpJson.Hosting;

/// <summary>The data of server-sent events, after <c>data: </c>.</summary>
internal static class EventData
{
    /// <summary>Each line of a text has a field of its own; the caller joins them.</summary>
    internal static byte[] OfText(string text)
    {
        if (text.AsSpan().ContainsAny('\r', '\n'))
        {
            text = text.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n').Replace("\n", "\ndata: ", StringComparison.Ordinal);
        }

        return Encoding.UTF8.GetBytes(text);
    }

    /// <summary>One line of JSON, whether or not the application's JSON is indented.</summary>
    internal static byte[] OfValue<T>(T value, HttpContext http)
    {
        var options = http.RequestServices.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions;
        using var json = new MemoryStream();
        using (var writer = new Utf8JsonWriter(json, new() { Encoder = options.Encoder }))
        {
            JsonSerializer.Serialize(writer, value, (JsonTypeInfo<T>)options.GetTypeInfo(typeof(T)));
        }

        return json.ToArray();
    }
}
