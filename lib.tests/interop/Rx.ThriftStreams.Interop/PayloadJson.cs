using Rx.ThriftStreams.InteropProgram.Idl;

namespace Rx.ThriftStreams.InteropProgram;

/// <summary>The types of the IDL as one-line JSON, as a Go program prints them: an optional field is there if it has a value.</summary>
public static class PayloadJson
{
    /// <summary>A KitchenSink payload.</summary>
    public static string Of(AllTypes value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return Json.Object(
            ("f_bool", Bool(value.FBool)),
            ("f_byte", Json.Number(value.FByte)),
            ("f_i16", Json.Number(value.FI16)),
            ("f_i32", Json.Number(value.FI32)),
            ("f_i64", Json.Number(value.FI64)),
            ("f_double", Json.Number(value.FDouble)),
            ("f_string", Json.Quote(value.FString)),
            ("f_binary", Json.Bytes(value.FBinary)),
            ("f_enum", Enum(value.FEnum)),
            ("f_list_string", Json.Array(value.FListString, Json.Quote)),
            ("f_list_i64", Json.Array(value.FListI64, Json.Number)),
            ("f_set_i32", Json.Array(value.FSetI32, item => Json.Number(item))),
            ("f_set_string", Json.Array(value.FSetString, Json.Quote)),
            ("f_map_string_i32", Json.Map(value.FMapStringI32, item => Json.Number(item))),
            ("f_map_i32_struct", Json.Map(value.FMapI32Struct, Of)),
            ("f_struct", value.FStruct is { } inner ? Of(inner) : null),
            ("f_list_struct", Json.Array(value.FListStruct, Of)),
            ("f_list_list", Json.Array(value.FListList, list => Json.Array(list, Json.Quote))),
            ("f_map_list", Json.Map(value.FMapList, list => Json.Array(list, Json.Number))),
            ("f_union", value.FUnion is { } union ? Of(union) : null),
            ("req_string", Json.Quote(value.ReqString)),
            ("req_i32", Json.Number(value.ReqI32)),
            ("opt_bool", value.OptBool is { } optBool ? Bool(optBool) : null),
            ("opt_byte", value.OptByte is { } optByte ? Json.Number(optByte) : null),
            ("opt_i16", value.OptI16 is { } optI16 ? Json.Number(optI16) : null),
            ("opt_i32", value.OptI32 is { } optI32 ? Json.Number(optI32) : null),
            ("opt_i64", value.OptI64 is { } optI64 ? Json.Number(optI64) : null),
            ("opt_double", value.OptDouble is { } optDouble ? Json.Number(optDouble) : null),
            ("opt_string", value.OptString is { } optString ? Json.Quote(optString) : null),
            ("opt_binary", value.OptBinary is { IsEmpty: false } optBinary ? Json.Bytes(optBinary) : null),
            ("opt_enum", value.OptEnum is { } optEnum ? Enum(optEnum) : null),
            ("opt_list", value.OptList is { Count: > 0 } optList ? Json.Array(optList, Json.Quote) : null),
            ("opt_set", value.OptSet is { Count: > 0 } optSet ? Json.Array(optSet, Json.Number) : null),
            ("opt_map", value.OptMap is { Count: > 0 } optMap ? Json.Map(optMap, Json.Quote) : null),
            ("opt_struct", value.OptStruct is { } optStruct ? Of(optStruct) : null),
            ("opt_union", value.OptUnion is { } optUnion ? Of(optUnion) : null),
            ("def_i32", Json.Number(value.DefI32)),
            ("def_string", Json.Quote(value.DefString)),
            ("opt_def_i32", value.OptDefI32 is { } optDefI32 and not 0 ? Json.Number(optDefI32) : null),
            ("opt_def_string", value.OptDefString is { Length: > 0 } optDefString ? Json.Quote(optDefString) : null),
            ("def_enum", Enum(value.DefEnum)),
            ("def_list", Json.Array(value.DefList, Json.Quote)),
            ("f_map_enum_string", Json.Map(value.FMapEnumString.Select(entry => KeyValuePair.Create((int)entry.Key, entry.Value)), Json.Quote)),
            ("f_set_enum", Json.Array(value.FSetEnum, Enum)),
            ("f_list_bool", Json.Array(value.FListBool, Bool)),
            ("f_list_double", Json.Array(value.FListDouble, Json.Number)),
            ("f_list_binary", Json.Array(value.FListBinary, Json.Bytes)),
            ("f_map_i64_double", Json.Map(value.FMapI64Double, Json.Number)),
            ("far_field", value.FarField is { } farField ? Json.Quote(farField) : null),
            ("negative_field", value.NegativeField is { } negative ? Json.Number(negative) : null));
    }

    /// <summary>The exception of <c>throw:…</c>.</summary>
    public static string Of(SinkException value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return Json.Object(
            ("code", Json.Number(value.Code)),
            ("reason", Json.Quote(value.Reason)),
            ("detail", value.Detail is { } detail ? Of(detail) : null));
    }

    /// <summary>The exception of <c>throwother:…</c>.</summary>
    public static string Of(OtherException value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return Json.Object(("why", Json.Quote(value.Why)));
    }

    private static string Of(Inner value) => Json.Object(
        ("name", Json.Quote(value.Name)),
        ("count", value.Count is { } count ? Json.Number(count) : null),
        ("numbers", Json.Array(value.Numbers, number => Json.Number(number))));

    private static string Of(Choice value) => value.Match(
        flag => Json.Object(("flag", Bool(flag))),
        number => Json.Object(("number", Json.Number(number))),
        text => Json.Object(("text", Json.Quote(text))),
        inner => Json.Object(("inner", Of(inner))));

    private static string Bool(bool value) => value ? "true" : "false";

    private static string Enum(Color value) => Json.Number((int)value);
}
