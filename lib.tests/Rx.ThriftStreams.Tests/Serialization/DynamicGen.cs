using System.Text;
using CsCheck;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Tests.Serialization;

/// <summary>Generates values of every type, nested.</summary>
internal static class DynamicGen
{
    private static readonly ThriftType[] Leaves =
        [ThriftType.Bool, ThriftType.Byte, ThriftType.I16, ThriftType.I32, ThriftType.I64, ThriftType.Double, ThriftType.String, ThriftType.Uuid];

    private static readonly ThriftType[] All = [.. Leaves, ThriftType.Struct, ThriftType.List, ThriftType.Set, ThriftType.Map];

    public static Gen<Dynamic> Struct(int depth = 3) => Of(ThriftType.Struct, depth);

    /// <summary>A value of any type.</summary>
    public static Gen<Dynamic> Any(int depth) => TypeAt(depth).SelectMany(type => Of(type, depth));

    /// <summary>A struct with a list of each number type, longer than what is written or read under one check. Long numbers are among short ones.</summary>
    public static Gen<Dynamic> LongLists
        => Gen.Select(
            List(ThriftType.I16), List(ThriftType.I32), List(ThriftType.I64), List(ThriftType.Double),
            (i16, i32, i64, doubles) => (Dynamic)new Dynamic.Struct([(1, i16), (2, i32), (3, i64), (4, doubles)]));

    private static Gen<Dynamic> List(ThriftType element)
        => Of(element, 0).Array[0, 300].Select(items => (Dynamic)new Dynamic.Sequence(ThriftType.List, element, items));

    private static Gen<ThriftType> TypeAt(int depth) => Gen.Int[0, (depth > 0 ? All : Leaves).Length - 1].Select(index => All[index]);

    private static Gen<Dynamic> Of(ThriftType type, int depth) => type switch
    {
        ThriftType.Bool => Gen.Bool.Select(value => (Dynamic)new Dynamic.Scalar(type, value)),
        ThriftType.Byte => Gen.SByte.Select(value => (Dynamic)new Dynamic.Scalar(type, value)),
        ThriftType.I16 => Gen.Short.Select(value => (Dynamic)new Dynamic.Scalar(type, value)),
        ThriftType.I32 => Gen.OneOf(Gen.Int, Gen.Int[-70, 200]).Select(value => (Dynamic)new Dynamic.Scalar(type, value)),
        ThriftType.I64 => Gen.OneOf(Gen.Long, Gen.Long[-70, 20000]).Select(value => (Dynamic)new Dynamic.Scalar(type, value)),
        ThriftType.Double => Gen.Double.Select(value => (Dynamic)new Dynamic.Scalar(type, value)),
        ThriftType.Uuid => Gen.Guid.Select(value => (Dynamic)new Dynamic.Scalar(type, value)),
        ThriftType.String => Gen.String[0, 60].Select(value => (Dynamic)new Dynamic.Text(Encoding.UTF8.GetBytes(value))),
        ThriftType.Struct => Gen.Select(FieldId, Any(depth - 1)).Array[0, 6].Select(fields => (Dynamic)new Dynamic.Struct(fields)),
        ThriftType.List or ThriftType.Set => TypeAt(depth - 1).SelectMany(
            element => Of(element, depth - 1).Array[0, 20].Select(items => (Dynamic)new Dynamic.Sequence(type, element, items))),
        ThriftType.Map => Gen.Select(TypeAt(depth - 1), TypeAt(depth - 1)).SelectMany(
            (key, value) => Gen.Select(Of(key, depth - 1), Of(value, depth - 1)).Array[0, 5].Select(pairs => (Dynamic)new Dynamic.Map(key, value, pairs))),
        _ => throw new ArgumentOutOfRangeException(nameof(type)),
    };

    private static Gen<short> FieldId => Gen.OneOf(Gen.Short[1, 20], Gen.Short);
}
