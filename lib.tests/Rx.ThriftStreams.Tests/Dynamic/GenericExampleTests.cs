using System.Text.Json.Nodes;
using Rx.ThriftStreams.Dynamic;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Tests.Dynamic;

/// <summary>The examples that Kitex's own code produced: bytes and JSON are the same, apart from the differences that are listed and explained here and in docs/dynamic.md.</summary>
public sealed class GenericExampleTests
{
    private const string LeftOut = "A struct that nothing sets is left out, not written empty: a reader rejects one without its required fields.";
    private const string Defaults = "Defaults of the IDL are written; a negative byte is printed as it is.";
    private const string ValidJson = "The text must be JSON.";
    private const string PlainZero = """{"b":false,"d":0,"e":0,"i":0,"l":0,"li":[],"m":{},"s":0,"se":[],"t":"","x":"","y":0}""";

    /// <summary>The payload and JSON of an empty message of the type with defaults.</summary>
    private const string DefaultPayload = "0c00010800010000002a0800030000000508000500000002" + "0000";
    private const string DefaultJson = """{"a":42,"b":7,"bin":"aGk=","c":5,"d":2,"e":2,"f":true,"l":["p","q"],"m":{"k":1},"s":"x","st":{"name":"n"},"y":-3}""";

    /// <summary>What differs from Kitex, and why. A member that is null is as in Kitex.</summary>
    private static readonly Dictionary<string, Difference> Differences = new()
    {
        ["plain-empty"] = new(LeftOut, [("0c000d000c000e00", "")], PlainZero),
        ["plain-null"] = new(LeftOut, [("0c000d000c000e00", "")], PlainZero),
        ["list-scalar"] = new(
            LeftOut, [("0c000e00", "")], """{"b":false,"d":0,"e":0,"i":0,"l":0,"li":[5],"m":{},"s":0,"se":[],"st":{"name":"","numbers":[]},"t":"","x":"","y":0}"""),
        ["kitchen-min"] = new(
            LeftOut + " " + Defaults,
            [
                ("0c0010000f0011", "0f0011"),
                ("0c0014000b0015", "0b0015"),
                ("08002500000000", "0800250000002a"),
                ("0b002600000000", "0b00260000000764656661756c74"),
                ("08002900000000", "08002900000002"),
                ("0f002a0b00000000", "0f002a0b0000000200000001610000000162"),
            ],
            """
            {"f_bool":false,"f_byte":0,"f_i16":0,"f_i32":0,"f_i64":0,"f_double":0,"f_string":"","f_binary":"","f_enum":0,"f_list_string":[],"f_list_i64":[],"f_set_i32":[],"f_set_string":[],"f_map_string_i32":{},"f_map_i32_struct":{},"f_list_struct":[],"f_list_list":[],"f_map_list":{},
            "req_string":"r","req_i32":1,"def_i32":42,"def_string":"default","def_enum":2,"def_list":["a","b"],"f_map_enum_string":{},"f_set_enum":[],"f_list_bool":[],"f_list_double":[],"f_list_binary":[],"f_map_i64_double":{},
            "opt_def_i32":7,"opt_def_string":"opt-default"}
            """),
        ["kitchen-full"] = new(
            Defaults,
            [
                ("0b002600000000", "0b00260000000764656661756c74"),
                ("08002900000000", "08002900000002"),
                ("0f002a0b00000000", "0f002a0b0000000200000001610000000162"),
            ],
            GenericExample.Get("kitchen-full").JsonOut!
                .Replace("\"def_enum\":0", "\"def_enum\":2", StringComparison.Ordinal)
                .Replace("\"def_list\":[]", "\"def_list\":[\"a\",\"b\"]", StringComparison.Ordinal)
                .Replace("\"def_string\":\"\"", "\"def_string\":\"default\"", StringComparison.Ordinal)),
        ["def-empty"] = new(Defaults, DefaultPayload, DefaultJson),
        ["def-null"] = new(Defaults, DefaultPayload, DefaultJson),
        ["def-read-empty"] = new(Defaults, Json: GenericExample.Get("def-read-empty").JsonOut!.Replace("253", "-3", StringComparison.Ordinal)),
        ["struct-garbage"] = new(ValidJson, WriteError: "not valid JSON"),
        ["struct-trailing"] = new(ValidJson, WriteError: "not valid JSON"),
        ["struct-empty-text"] = new(ValidJson, WriteError: "not valid JSON"),
        ["str-bare"] = new(ValidJson, WriteError: "not valid JSON"),
        ["str-true-ish"] = new(ValidJson, WriteError: "not valid JSON"),
        ["resp-string"] = new(ValidJson, WriteError: "not valid JSON"),
        ["void-resp-text"] = new(ValidJson, WriteError: "not valid JSON"),
        ["double-nan-word"] = new(ValidJson, WriteError: "not valid JSON"),
        ["double-nan-string"] = new("NaN has several bit patterns, and .NET's is another.", "0c0001040006fff80000000000000000", Error: "JSON number"),
        ["string-bad-surrogate"] = new("Half a surrogate pair is an error.", WriteError: "surrogate"),
        ["i64-too-large"] = new("What Kitex writes depends on its platform.", "0c00010a00057fffffffffffffff0000", """{"l":9223372036854775807}"""),
        ["scalars-bad-strings"] = new("The name of an enum's member is its number.", [("08000900000000", "08000900000002")], """{"b":false,"d":0,"e":2,"i":0,"l":0}"""),
        ["map-enum-name-key"] = new("The name of an enum's member is its number.", "0c00010d0005080b000000010000000200000001670000", """{"me":{"2":"g"}}"""),
        ["map-struct-key-read"] = new("JSON cannot show keys that are structs.", Error: "JSON cannot show"),
        ["str-null"] = new("Null is an absent argument.", "00", "null"),
        ["two-args"] = new("All arguments exist.", "080001000000010800020000000200", """{"a":1,"b":2}"""),
        ["two-args-first"] = new("All arguments exist.", Json: """{"a":7}"""),
        ["alias"] = new("A name is no path.", [("0b00040000000179", "0b00040000000178")], GenericExample.Get("alias").JsonOut!.Replace("\"a.b\":\"y\"", "\"a.b\":\"x\"", StringComparison.Ordinal)),
        ["void-resp-void"] = new("Void is answered as generated code does.", "00", "null"),
        ["exc-2"] = new("All declared exceptions are known.", Error: """E2 {"why":"why"}"""),
        ["exc-1"] = new("An exception is JSON.", Error: """E1 {"code":42,"reason":"boo","detail":{"name":"a"}}"""),
        ["void-exc"] = new("An exception is JSON.", Error: """E1 {"code":42,"reason":"boo"}"""),
    };

    public static TheoryData<string> Ids() => [.. GenericExample.Ids];

    [Theory]
    [MemberData(nameof(Ids))]
    public void Example_WrittenAndRead_IsAsInKitexOrDiffersAsDocumented(string id)
    {
        var example = GenericExample.Get(id);
        var expected = Differences.GetValueOrDefault(id) ?? new Difference("");
        var options = new ThriftDynamicJsonOptions { Lenient = true, BinaryAsBase64 = example.Options != "SetBinaryWithBase64(false)" };

        if (expected.WriteError is not null || (example.ErrorSide == "write" && expected.Payload is null))
        {
            AssertFails(() => Write(example, options)!, expected.WriteError);
            return;
        }

        var payload = Write(example, options) ?? example.Payload!;
        Assert.Equal(expected.PayloadOf(example), payload);
        if (expected.Error is not null || (example.ErrorSide == "read" && expected.Json is null))
        {
            AssertFails(() => Read(example, payload, options), expected.Error);
            return;
        }

        var json = Read(example, payload, options);
        Assert.True(Same(expected.Json ?? example.JsonOut!, json), $"{json} instead of {expected.Json ?? example.JsonOut}");
    }

    [Fact]
    public void Differences_NameRecordsThatExist() => Assert.Empty(Differences.Keys.Except(GenericExample.Ids));

    private static void AssertFails(Func<string> convert, string? message)
        => Assert.Contains(message ?? ".", Assert.ThrowsAny<ThriftException>(convert).Message, StringComparison.Ordinal);

    /// <summary>The payload that is written; <see langword="null"/> for an example that is only read.</summary>
    private static string? Write(GenericExample example, ThriftDynamicJsonOptions options)
    {
        var text = example.JsonIn is "<nil>" or "<Void>" ? "null" : example.JsonIn;
        return example.IsWritten ? CanonicalBytes.Of(ThriftDynamicMessage.FromJson(Schema(example), text!, options).Bytes.Span) : null;
    }

    private static string Read(GenericExample example, string payload, ThriftDynamicJsonOptions options)
    {
        var message = ThriftSerializer.Deserialize<ThriftDynamicMessage>(Convert.FromHexString(payload));
        message = example.IsRequest ? message.WithSchema(Schema(example)) : Method(example).Receive(message);
        return message.ToJson(options);
    }

    private static ThriftMethodSchema Method(GenericExample example) => example.Schema.GetService().GetMethod(example.Method);

    private static ThriftStructSchema Schema(GenericExample example) => example.IsRequest ? Method(example).Request : Method(example).Response;

    /// <summary>Compares JSON values. Kitex hands out text and binary results without quotation marks, and nothing for void.</summary>
    private static bool Same(string kitex, string json)
    {
        var value = JsonNode.Parse(json);
        if (value is JsonValue text && text.TryGetValue(out string? plain))
        {
            return plain == kitex || (kitex.StartsWith('{') && JsonNode.DeepEquals(JsonNode.Parse(kitex), JsonNode.Parse(plain)));
        }

        return kitex == "<Void>" ? value is null : JsonNode.DeepEquals(JsonNode.Parse(kitex), value);
    }

    private sealed record Difference(string Why, string? Payload = null, string? Json = null, string? Error = null, string? WriteError = null)
    {
        private readonly (string Kitex, string Here)[] _changes = [];

        public Difference(string why, (string Kitex, string Here)[] changes, string json)
            : this(why, Json: json) => _changes = changes;

        public string? PayloadOf(GenericExample example)
        {
            var payload = Payload ?? example.Payload;
            foreach (var (kitex, here) in _changes)
            {
                Assert.Contains(kitex, payload, StringComparison.Ordinal);
                payload = payload!.Replace(kitex, here, StringComparison.Ordinal);
            }

            return payload;
        }
    }
}
