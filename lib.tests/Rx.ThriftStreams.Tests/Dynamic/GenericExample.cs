using System.Text.Json;
using Rx.ThriftStreams.Compiler.Tests;
using Rx.ThriftStreams.Dynamic;

namespace Rx.ThriftStreams.Tests.Dynamic;

/// <summary>One record of <c>generic-examples.jsonl</c>: what Kitex's JSON generic makes of a text and of a payload.</summary>
internal sealed record GenericExample(string Id, string Method, string Direction, string? Options, string? JsonIn, string? Payload, string? JsonOut, string? Error, string? ErrorSide, ThriftSchema Schema)
{
    private static readonly Lazy<Dictionary<string, GenericExample>> Records = new(Load);

    public static IEnumerable<string> Ids => Records.Value.Keys;

    public bool IsWritten => Direction is "request" or "response";

    public bool IsRequest => Direction is "request" or "read-request";

    public static GenericExample Get(string id) => Records.Value[id];

    private static Dictionary<string, GenericExample> Load()
    {
        var folder = Path.Combine(Repository.Root, "lib.tests/Rx.ThriftStreams.Tests/Dynamic");
        var own = Path.Combine(folder, "generic-examples.thrift");
        var examples = ThriftSchema.FromFile(own);
        var withoutTags = ThriftSchema.FromFile(own, new() { UseGoTags = false });
        var interop = ThriftSchema.FromFile(Path.Combine(Repository.Root, "lib.tests/interop/Rx.ThriftStreams.Interop/interop.thrift"));
        return File.ReadLines(Path.Combine(folder, "generic-examples.jsonl")).Select(line =>
        {
            var record = JsonDocument.Parse(line).RootElement;
            var schema = Text("idl") != "generic-examples.thrift" ? interop : Text("options") == "WithGoTagDisabled(true)" ? withoutTags : examples;
            return new GenericExample(
                Text("id")!, Text("method")!, Text("direction")!, Text("options"), Text("json_in"), Text("payload_hex"), Text("json_out"), Text("error"), Text("error_side"), schema);

            string? Text(string name) => record.TryGetProperty(name, out var value) ? value.GetString() : null;
        }).ToDictionary(static example => example.Id);
    }
}
