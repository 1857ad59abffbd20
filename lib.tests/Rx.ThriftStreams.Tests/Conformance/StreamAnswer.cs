using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Rx.ThriftStreams.Tests.Recordings;

namespace Rx.ThriftStreams.Tests.Conformance;

/// <summary>What a server answered on one HTTP/2 stream, in a form that can be compared: headers as sets, values decoded.</summary>
internal sealed partial record StreamAnswer(string Headers, string Messages, string End)
{
    private static readonly string[] NotCompared = ["date", "content-length"];

    // What this library keeps from handlers because the transport owns it.
    private static readonly string[] TransportHeaders = [":authority", "content-type", "user-agent"];
    private static readonly string[] MetaKeys = ["transport", "service", "method", "from", "to", "metadata", "transient", "persistent"];

    internal static StreamAnswer Of(Http2Decoder decoder, int stream)
    {
        var lists = decoder.HeadersOf(stream);
        var frames = decoder.Frames.Where(frame => frame.StreamId == stream).ToList();
        var trailersOnly = lists.Count == 1 && !frames.Exists(frame => frame.Type == Http2FrameType.Data) && EndsStream(frames);
        var messages = decoder.MessagesOf(stream).Select(message => $"{(message.Compressed ? "gzip " : string.Empty)}{Canonical(message)}");
        return new StreamAnswer(
            lists.Count == 0 || trailersOnly ? "none" : Describe(lists[0]),
            string.Join('\n', messages),
            trailersOnly ? $"trailers only {Describe(lists[0])}" : lists.Count > 1 ? $"trailers {Describe(lists[^1])}" : "none");
    }

    internal static bool EndsStream(IEnumerable<Http2Frame> frames)
        => frames.Any(frame => frame.Type is Http2FrameType.Data or Http2FrameType.Headers && frame.HasFlag1);

    public override string ToString() => $"headers {Headers}\nmessages {Messages}\nend {End}";

    /// <summary>A header; the values of <c>biz-extra</c> have no order.</summary>
    internal static string Pair(string name, string value) => name != "biz-extra" ? $"{name}={value}"
        : $"{name}={string.Join(',', JsonNode.Parse(value)!.AsObject().Select(member => $"{member.Key}:{member.Value}").Order(StringComparer.Ordinal))}";

    /// <summary>The fields of structs by id, elements of sets and maps by value, and what depends on the clock or the program made equal.</summary>
    internal static string CanonicalStruct(byte[] bytes)
    {
        var node = JsonNode.Parse(ThriftText.OfStruct(bytes))!;
        return TimeText().Replace(Sort(node), "Nms");
    }

    private static string Describe(IEnumerable<(string Name, string Value)> headers)
        => "{" + string.Join(", ", headers.Where(header => !NotCompared.Contains(header.Name)).Select(header => Pair(header.Name, header.Value)).Order(StringComparer.Ordinal)) + "}";

    private static string Canonical(GrpcMessage message)
    {
        if (!message.Compressed)
        {
            return CanonicalStruct(message.Bytes);
        }

        using var plain = new MemoryStream();
        using var gzip = new GZipStream(new MemoryStream(message.Bytes), CompressionMode.Decompress);
        gzip.CopyTo(plain);
        return CanonicalStruct(plain.ToArray());
    }

    private static string Sort(JsonNode? node) => node switch
    {
        JsonArray array when array.Count > 0 && array[0] is JsonObject first && first.ContainsKey("f")
            => $"[{string.Join(',', array.Select(Sort).OrderBy(FieldId))}]",
        JsonObject container when container.Count == 1 && container.Single() is { Value: JsonArray elements } only && only.Key.StartsWith("list", StringComparison.Ordinal)
            => $"{{{only.Key}:[{string.Join(',', elements.Select(Sort))}]}}",
        JsonObject container when container.Count == 1 && container.Single() is { Value: JsonArray elements } only
            => $"{{{only.Key}:[{string.Join(',', elements.Select(Sort).Order(StringComparer.Ordinal))}]}}",
        JsonObject field => $"{{{string.Join(',', field.Select(member => $"{member.Key}:{(member.Key == "f" ? member.Value!.GetValue<string>() : Sort(member.Value))}"))}}}",
        JsonArray array => $"[{string.Join(',', array.Select(Sort))}]",
        JsonValue value when value.GetValueKind() == JsonValueKind.String && value.GetValue<string>() is var text => MetaText().Replace(text, meta => Meta(meta.Value)),
        null => "null",
        _ => node.ToJsonString(),
    };

    private static int FieldId(string field) => int.Parse(field.AsSpan(3, field.IndexOf(':', 3) - 3), System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Of what a program knows of a call, what the contract names.</summary>
    internal static string Meta(string text)
    {
        var node = JsonNode.Parse(text["meta:".Length..])!.AsObject();
        foreach (var key in node.Select(member => member.Key).Where(key => !MetaKeys.Contains(key)).ToList())
        {
            node.Remove(key);
        }

        if (node["metadata"] is JsonObject metadata)
        {
            foreach (var key in TransportHeaders)
            {
                metadata.Remove(key);
            }

            if (metadata.Count == 0)
            {
                node.Remove("metadata");
            }
        }

        return $"meta:{node.ToJsonString()}";
    }

    [GeneratedRegex(@"meta:\{.*?\}+(?=,meta:|$)")]
    private static partial Regex MetaText();

    [GeneratedRegex(@"\b[1-9]\d*ms")]
    private static partial Regex TimeText();
}
