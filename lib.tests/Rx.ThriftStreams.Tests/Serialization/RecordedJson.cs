using System.Text;
using System.Text.Json.Nodes;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Tests.Serialization;

/// <summary>Shows the bytes of an <c>AllTypes</c> of interop.thrift as the JSON that the recording Go client prints.</summary>
internal static class RecordedJson
{
    private static readonly Dictionary<short, string> Inner = Named("name count numbers");
    private static readonly Dictionary<short, string> Choice = Named("flag number text inner");

    private static readonly Dictionary<short, string> AllTypes = new(Named(
        "f_bool f_byte f_i16 f_i32 f_i64 f_double f_string f_binary f_enum f_list_string f_list_i64 f_set_i32 f_set_string f_map_string_i32 "
        + "f_map_i32_struct f_struct f_list_struct f_list_list f_map_list f_union req_string req_i32 opt_bool opt_byte opt_i16 opt_i32 opt_i64 "
        + "opt_double opt_string opt_binary opt_enum opt_list opt_set opt_map opt_struct opt_union def_i32 def_string opt_def_i32 opt_def_string "
        + "def_enum def_list f_map_enum_string f_set_enum f_list_bool f_list_double f_list_binary f_map_i64_double"))
    {
        [1000] = "far_field",
        [-1] = "negative_field",
    };

    public static JsonObject OfAllTypes(ReadOnlySpan<byte> bytes) => OfStruct((Dynamic.Struct)DynamicCodec.Read(bytes, ThriftProtocol.Binary), AllTypes);

    private static JsonObject OfStruct(Dynamic.Struct value, Dictionary<short, string> names)
        => new(value.Fields.Select(field => KeyValuePair.Create(names[field.Id], Of(field.Value, names[field.Id]))));

    private static JsonNode? Of(Dynamic value, string name) => value switch
    {
        Dynamic.Scalar { Value: bool v } => JsonValue.Create(v),
        Dynamic.Scalar { Value: double v } => JsonValue.Create(v),
        Dynamic.Scalar { Value: var v } => JsonValue.Create(Convert.ToInt64(v, null)),
        Dynamic.Text text => JsonValue.Create(name.EndsWith("binary", StringComparison.Ordinal) ? Convert.ToBase64String(text.Value) : Encoding.UTF8.GetString(text.Value)),
        Dynamic.Struct fields => OfStruct(fields, name.EndsWith("union", StringComparison.Ordinal) ? Choice : Inner),
        Dynamic.Sequence sequence => new JsonArray([.. sequence.Items.Select(item => Of(item, name))]),
        Dynamic.Map map => new JsonObject(map.Pairs.Select(pair => KeyValuePair.Create(Of(pair.Key, name)!.ToString(), Of(pair.Value, name)))),
        _ => throw new ArgumentException($"There is no JSON for {value}."),
    };

    private static Dictionary<short, string> Named(string names)
        => names.Split(' ').Select((name, index) => (name, index)).ToDictionary(pair => (short)(pair.index + 1), pair => pair.name);
}
