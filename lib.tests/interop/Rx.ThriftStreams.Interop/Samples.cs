using Rx.ThriftStreams.InteropProgram.Idl;

namespace Rx.ThriftStreams.InteropProgram;

/// <summary>The named payloads of KitchenSink.</summary>
public static class Samples
{
    /// <summary>The names.</summary>
    public static IReadOnlyList<string> Names { get; } = ["full", "min", "empty", "edge"];

    /// <summary>A new payload.</summary>
    public static AllTypes Create(string name) => name switch
    {
        "full" => Full(),
        "min" => Min(),
        "empty" => Empty(),
        "edge" => Edge(),
        "nilstruct" => new AllTypes { ReqString = "required", ReqI32 = 1, FUnion = Choice.Flag(false) },
        "nilunion" => new AllTypes { ReqString = "required", ReqI32 = 1, FStruct = new Inner { Name = "n" } },
        _ => throw new UsageException($"There is no sample \"{name}\". Say {string.Join(", ", Names)}."),
    };

    private static AllTypes Min() => new()
    {
        ReqString = "required",
        ReqI32 = 1,
        FStruct = new Inner { Name = "n" },
        FUnion = Choice.Flag(false),
    };

    private static AllTypes Empty() => new()
    {
        ReqString = string.Empty,
        ReqI32 = 0,
        FStruct = new Inner { Name = string.Empty },
        FUnion = Choice.Text(string.Empty),
        OptString = string.Empty,
        OptBinary = ReadOnlyMemory<byte>.Empty,
        OptList = [],
        OptSet = [],
        OptMap = [],
        OptStruct = new Inner { Name = string.Empty },
        DefString = string.Empty,
        DefList = [],
    };

    private static AllTypes Edge() => new()
    {
        FBool = true,
        FByte = sbyte.MinValue,
        FI16 = short.MinValue,
        FI32 = int.MinValue,
        FI64 = long.MinValue,
        FDouble = double.MinValue,
        FString = "héllo wörld — 你好 🙂\0 tab\t\"quoted\"",
        FBinary = new byte[] { 0, 1, 2, 0x7F, 0x80, 0xFF },
        FEnum = (Color)(-5),
        FListI64 = [long.MinValue, -1, 0, 1, long.MaxValue],
        FSetI32 = [int.MinValue, int.MaxValue],
        FStruct = new Inner { Name = string.Empty, Count = 0 },
        FUnion = Choice.Number(long.MinValue),
        ReqString = string.Empty,
        ReqI32 = int.MaxValue,
        OptByte = sbyte.MaxValue,
        OptI16 = short.MaxValue,
        OptI32 = int.MaxValue,
        OptI64 = long.MaxValue,
        OptDouble = double.Epsilon,
        OptEnum = (Color)99,
        FListBool = [true, false, true],
        FListDouble = [0, double.NegativeZero, double.Epsilon, double.MaxValue, Math.PI],
        FListBinary = [ReadOnlyMemory<byte>.Empty, new byte[] { 0xDE, 0xAD, 0xBE, 0xEF }],
        FMapI64Double = new() { [long.MinValue] = -1.5 },
        FarField = "far",
        NegativeField = -1,
    };

    private static AllTypes Full() => new()
    {
        FBool = true,
        FByte = 8,
        FI16 = 1600,
        FI32 = 320_000,
        FI64 = 6_400_000_000,
        FDouble = Math.PI,
        FString = "string value",
        FBinary = "binary\0value"u8.ToArray(),
        FEnum = Color.Blue,
        FListString = ["a", "bb", "ccc"],
        FListI64 = [1, -2, 3],
        FSetI32 = [10, 20, 30],
        FSetString = ["s1", "s2"],
        FMapStringI32 = new() { ["one"] = 1 },
        FMapI32Struct = new() { [7] = new Inner { Name = "seven", Count = 77, Numbers = [7, 77] } },
        FStruct = new Inner { Name = "inner", Count = 5, Numbers = [1, 2, 3] },
        FListStruct = [new Inner { Name = "l1" }, new Inner { Name = "l2", Count = 2, Numbers = [2] }],
        FListList = [["x"], [], ["y", "z"]],
        FMapList = new() { ["k"] = [1, 2] },
        FUnion = Choice.Text("union text"),
        ReqString = "required",
        ReqI32 = 12345,
        OptBool = false,
        OptByte = -8,
        OptI16 = -16,
        OptI32 = -32,
        OptI64 = -64,
        OptDouble = -2.5,
        OptString = "optional",
        OptBinary = new byte[] { 1, 2, 3 },
        OptEnum = Color.Red,
        OptList = ["o"],
        OptSet = [9],
        OptMap = new() { ["ok"] = "ov" },
        OptStruct = new Inner { Name = "optinner" },
        OptUnion = Choice.Inner(new Inner { Name = "in-union", Numbers = [4] }),
        DefI32 = 43,
        DefString = "changed",
        OptDefI32 = 8,
        OptDefString = "opt-changed",
        DefEnum = Color.Red,
        DefList = ["c"],
        FMapEnumString = new() { [Color.Green] = "green" },
        FSetEnum = [Color.Red, Color.Blue],
        FListBool = [true, false],
        FListDouble = [1.5, -1.5],
        FListBinary = ["b1"u8.ToArray(), new byte[] { 0xFF }],
        FMapI64Double = new() { [1] = 0.5 },
        FarField = "far away",
        NegativeField = -7,
    };
}
