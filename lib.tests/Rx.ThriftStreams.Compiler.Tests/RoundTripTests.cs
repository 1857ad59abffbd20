using Rx.ThriftStreams.Compiler.Semantics;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Compiler.Tests;

/// <summary>Emitted code, run: what it writes it reads, over the library's own readers and writers.</summary>
public sealed class RoundTripTests
{
    private static readonly Dictionary<string, GeneratedAssembly> Assemblies = [];

    [Theory]
    [InlineData(ThriftProtocol.Binary)]
    [InlineData(ThriftProtocol.Compact)]
    public void Scalars_AllSet_SurviveARoundTrip(ThriftProtocol protocol)
    {
        const string Code = """
            internal static class Make
            {
                public static Demo.Scalars.Scalars Full() => new()
                {
                    ABool = true, AByte = -3, AShort = -300, AnInt = int.MinValue, ALong = long.MaxValue, ADouble = 1.25, AString = "é\0x",
                    ABinary = new byte[] { 1, 2, 3 }, AnId = new System.Guid("00112233-4455-6677-8899-aabbccddeeff"), MaybeBool = false, MaybeByte = 0,
                    MaybeInt = 5, MaybeDouble = double.NaN, MaybeString = "", MaybeBinary = new byte[] { 9 }, MaybeId = System.Guid.Empty,
                    NeededBool = true, NeededString = "n", NeededBinary = new byte[0], NeededDefault = 8,
                };
            }
            """;
        var assembly = GeneratedAssembly.Compile(Idl.Emit(Catalogue("scalars")), Code);
        var made = assembly.Type("Make").GetMethod("Full")!.Invoke(null, null)!;

        var read = assembly.Read("Demo.Scalars.Scalars", GeneratedAssembly.Write(made, protocol), protocol);

        Assert.Equal(made, read);
        Assert.Equal(made.GetHashCode(), read.GetHashCode());
        Assert.Contains("MaybeString = \"\"", read.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Scalars_Empty_RejectsMissingRequiredFieldByItsIdlName()
    {
        var error = Assert.Throws<ThriftProtocolException>(() => Assembly("scalars").Read("Demo.Scalars.Scalars", [0]));

        Assert.StartsWith("required field needed_bool is not set", error.Message, StringComparison.Ordinal);
        Assert.Equal((short)21, error.FieldId);
    }

    [Fact]
    public void Defaults_NewObject_HoldsThem()
    {
        dynamic made = Assembly("defaults").New("Demo.Defaults.Defaults");

        AssertDefaults(made);
    }

    [Fact]
    public void Defaults_NothingOnTheWire_GivesThem()
    {
        dynamic read = Assembly("defaults").Read("Demo.Defaults.Defaults", [0]);

        AssertDefaults(read);
        Assert.Equal(Assembly("defaults").New("Demo.Defaults.Defaults"), read);
    }

    [Fact]
    public void Defaults_OptionalFieldThatEqualsItsDefault_IsNotWritten()
    {
        dynamic made = Assembly("defaults").New("Demo.Defaults.Defaults");
        int before = GeneratedAssembly.Write(made).Length;

        made.Maybe = 8;
        Assert.Equal(before + 7, GeneratedAssembly.Write(made).Length);
        made.Maybe = null;
        Assert.Equal(before, GeneratedAssembly.Write(made).Length);
        made.Maybe = 7;
        Assert.Equal(before, GeneratedAssembly.Write(made).Length);
    }

    [Fact]
    public void Defaults_EmptyBinarySent_IsNotTakenForMissing()
    {
        dynamic made = Assembly("defaults").New("Demo.Defaults.Defaults");
        made.Bytes = ReadOnlyMemory<byte>.Empty;
        dynamic read = Assembly("defaults").Read("Demo.Defaults.Defaults", GeneratedAssembly.Write(made));

        Assert.Equal(0, ((ReadOnlyMemory<byte>)read.Bytes).Length);
    }

    [Theory]
    [InlineData(ThriftProtocol.Binary)]
    [InlineData(ThriftProtocol.Compact)]
    public void Containers_Nested_SurviveARoundTrip(ThriftProtocol protocol)
    {
        const string Code = """
            using System.Collections.Generic;
            using Demo.Containers;
            internal static class Make
            {
                public static Containers Full() => new()
                {
                    Strings = { "a", "" }, Flags = { true, false }, Shorts = { 1, -2 }, Ints = { 3 }, Longs = { long.MinValue }, Doubles = { 1.5 }, Kinds = { Kind.Some, (Kind)77 },
                    Blobs = { new byte[] { 1 }, new byte[] { 1, 2 } }, ByBlob = { [new byte[] { 5 }] = "five" }, ByKey = { [new Key { Name = "k" }] = new Key { Name = "v" } },
                    ByList = { [new List<int> { 1, 2 }] = new HashSet<string> { "x" } },
                    Deep = { new Dictionary<string, List<HashSet<int>>> { ["d"] = new() { new() { 1, 2 }, new() } } },
                    Table = { ["t"] = new() { 1 } }, MaybeKeys = new() { new Key { Name = "m" } }, Ids = new() { System.Guid.Empty },
                    Binaries = { new byte[] { 7 } }, Tables = new() { [Kind.None] = new() { ["u"] = new() { 2 } } }, KindSet = { Kind.Some },
                    ListsOfBinary = { new List<System.ReadOnlyMemory<byte>> { new byte[] { 1 } } }, Bytes = { -1 },
                };
            }
            """;
        var assembly = GeneratedAssembly.Compile(Idl.Emit(Catalogue("containers")), Code);
        dynamic made = assembly.Type("Make").GetMethod("Full")!.Invoke(null, null)!;

        dynamic read = assembly.Read("Demo.Containers.Containers", GeneratedAssembly.Write(made, protocol), protocol);

        Assert.Equal(made, read);
        Assert.Equal(made.GetHashCode(), read.GetHashCode());
        Assert.True(read.Blobs.Contains(new ReadOnlyMemory<byte>([1, 2])));
        read.Deep[0]["d"][0].Add(3);
        Assert.NotEqual(made, read);
    }

    [Fact]
    public void Set_WithDuplicatesOnTheWire_IsRead()
    {
        // kind_set (18), set of two equal i32, in a struct whose required set (15) is empty.
        byte[] bytes = [0x0E, 0, 15, 0x10, 0, 0, 0, 0, 0x0E, 0, 18, 8, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 0];

        dynamic read = Assembly("containers").Read("Demo.Containers.Containers", bytes);

        Assert.Equal(1, read.KindSet.Count);
    }

    [Fact]
    public void Field_OfAnotherWireType_IsSkipped()
    {
        // strings (1) arrives as an i32.
        dynamic read = Assembly("containers").Read("Demo.Containers.Containers", [8, 0, 1, 0, 0, 0, 9, 0x0E, 0, 15, 0x10, 0, 0, 0, 0, 0]);

        Assert.Equal(0, read.Strings.Count);
    }

    [Fact]
    public void RecursiveLists_EachClaimingAllThatRemains_AllocateNoMoreThanTheyAreWorth()
    {
        // nodes (2): a list of trees, whose first is again such a list, 60 deep; every list claims as many elements as there are bytes left.
        const int Size = 1 << 20;
        var bytes = new byte[Size];
        for (var level = 0; level < 60; level++)
        {
            var at = level * 8;
            byte[] header = [15, 0, 2, 12];
            header.CopyTo(bytes, at);
            System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(at + 4), Size - at - 8);
        }

        Assembly("unions");
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<ThriftProtocolException>(() => Assembly("unions").Read("Demo.Unions.Tree", bytes));

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 << 20);
    }

    [Fact]
    public void NullContainer_OfAField_IsWrittenEmpty()
    {
        dynamic made = Assembly("containers").Read("Demo.Containers.Containers", [0x0E, 0, 15, 0x10, 0, 0, 0, 0, 0]);
        byte[] bytes = GeneratedAssembly.Write(made);
        made.Strings = null;
        made.Blobs = null;
        made.Table = null;

        Assert.Equal(bytes, GeneratedAssembly.Write(made));
        made.Ids = null;
        Assert.Throws<ThriftProtocolException>((Action)(() => GeneratedAssembly.Write(made)));
    }

    [Fact]
    public void Union_EachCase_SurvivesARoundTrip()
    {
        const string Code = """
            using System.Collections.Generic;
            using Demo.Unions;
            internal static class Make
            {
                public static Tree[] All() => new[]
                {
                    Tree.Leaf(new Leaf { Value = 5 }), Tree.Nodes(new List<Tree> { Tree.Flag(true), Tree.Nodes(new List<Tree>()) }), Tree.Raw(new byte[] { 1 }), Tree.Text("x"), Tree.Flag(false),
                    Tree.Named(new Dictionary<string, Tree> { ["n"] = Tree.Text("y") }),
                };
                public static string Match(Tree tree) => tree.Match(l => "leaf", n => "nodes", r => "raw", t => "text " + t, f => "flag", n => "named");
            }
            """;
        var assembly = GeneratedAssembly.Compile(Idl.Emit(Catalogue("unions")), Code);
        foreach (var made in (object[])assembly.Type("Make").GetMethod("All")!.Invoke(null, null)!)
        {
            var read = assembly.Read("Demo.Unions.Tree", GeneratedAssembly.Write(made));
            Assert.Equal(made, read);
            Assert.Equal(made.GetHashCode(), read.GetHashCode());
            Assert.NotEqual("", assembly.Type("Make").GetMethod("Match")!.Invoke(null, [read]));
        }
    }

    [Fact]
    public void Union_WithSeveralFieldsSet_IsRejected()
    {
        var error = Assert.Throws<ThriftProtocolException>(() => Assembly("unions").Read("Demo.Unions.Tree", [2, 0, 5, 1, 2, 0, 5, 0, 0]));

        Assert.Equal((short)5, error.FieldId);
    }

    [Theory]
    [InlineData(new byte[] { 0 })]
    [InlineData(new byte[] { 2, 0, 99, 1, 0 })]
    public void Union_WithNoKnownField_IsRejectedAtTheTopAndNullInAField(byte[] union)
    {
        Assert.Throws<ThriftProtocolException>(() => Assembly("unions").Read("Demo.Unions.Tree", union));

        // tree (1) and maybe_tree (2) are such a union; needed_tree (3) is a flag; leaf (4) is the empty struct that Kitex writes for nil.
        byte[] holder = [12, 0, 1, .. union, 12, 0, 2, .. union, 12, 0, 3, 2, 0, 5, 1, 0, 12, 0, 4, 0, 12, 0, 5, 0, 0];
        dynamic read = Assembly("unions").Read("Demo.Unions.Holder", holder);
        Assert.Null(read.Tree);
        Assert.Null(read.MaybeTree);
        Assert.NotNull(read.NeededTree);
        Assert.Null(read.Leaf);
        Assert.Null(read.MaybeLeaf);
    }

    [Fact]
    public void Exception_WithMessageField_ShowsItAsMessage()
    {
        dynamic made = Assembly("exceptions").New("Demo.Errors.Simple");
        made.MessageText = "it broke";
        made.Code = 3;

        dynamic read = Assembly("exceptions").Read("Demo.Errors.Simple", GeneratedAssembly.Write(made));

        Assert.Equal("it broke", read.Message);
        Assert.Equal("it broke", ((Exception)read).Message);
        Assert.Equal(3, read.Code);
        Assert.Equal(made, read);
        Assert.IsAssignableFrom<ThriftDeclaredException>(read);
    }

    [Fact]
    public void Exception_WithoutMessageField_ShowsItsFields()
    {
        Exception read = (Exception)Assembly("exceptions").Read("Demo.Errors.Odd", [8, 0, 1, 0, 0, 0, 4, 11, 0, 2, 0, 0, 0, 1, 65, 0]);

        Assert.Equal("Odd { Message_ = 4, Data_ = \"A\" }", read.Message);
    }

    [Theory]
    [InlineData(ThriftProtocol.Binary)]
    [InlineData(ThriftProtocol.Compact)]
    public void UnknownFields_Preserved_AreWrittenBack(ThriftProtocol protocol)
    {
        const string Known = "namespace csharp Old struct Containers { 15: required set<uuid> ids }";
        var old = GeneratedAssembly.Compile(Known, CompilerOptions.Default with { PreserveUnknownFields = true });
        dynamic made = Assembly("containers").Read("Demo.Containers.Containers", [0x0E, 0, 15, 0x10, 0, 0, 0, 0, 0]);
        made.Strings.Add("kept");
        made.Longs.Add(7L);
        made.Flags.Add(true);
        made.Flags.Add(false);
        made.ByBlob[new ReadOnlyMemory<byte>([1])] = "blob";
        made.Table["t"] = new List<long> { 1, 2 };

        // Through the old type, in one protocol and out in the other.
        var middle = old.Read("Old.Containers", GeneratedAssembly.Write(made, protocol), protocol);
        var other = protocol == ThriftProtocol.Binary ? ThriftProtocol.Compact : ThriftProtocol.Binary;
        dynamic back = Assembly("containers").Read("Demo.Containers.Containers", GeneratedAssembly.Write(middle, other), other);

        Assert.Equal(made, back);
    }

    [Fact]
    public void UnknownFields_NestedWithoutEnd_AreRejected()
    {
        var old = GeneratedAssembly.Compile("namespace csharp Old struct S { }", CompilerOptions.Default with { PreserveUnknownFields = true });
        byte[] bytes = [15, 0, 1, .. Enumerable.Repeat<byte[]>([15, 0, 0, 0, 1], 5000).SelectMany(static b => b), 3, 0, 0, 0, 0, 0];

        Assert.Throws<ThriftProtocolException>(() => old.Read("Old.S", bytes));
    }

    private static void AssertDefaults(dynamic value)
    {
        Assert.Equal(42, value.Number);
        Assert.Equal("a \"quoted\" \\ line\nnexté", value.Text);
        Assert.Equal(10, (int)value.Color);
        Assert.Equal([1, 2], (List<int>)value.Numbers);
        Assert.Equal(30, value.Ages["eve"]);
        Assert.Equal(1, value.Colors.Count);
        Assert.Equal("point", value.Point.Label);
        Assert.Equal(4, value.Shape.Value.Y);
        Assert.Equal(3, ((ReadOnlyMemory<byte>)value.Bytes).Length);
        Assert.Equal(7, value.Maybe);
        Assert.Equal("default", value.MaybeText);
        Assert.Equal(0.5, value.MaybeDouble);
        Assert.Equal(["x"], (List<string>)value.MaybeList);
        Assert.Equal(1, ((ReadOnlyMemory<byte>)value.MaybeBytes).Length);
        Assert.Equal(2, (int)value.MaybeColor);
        Assert.Equal("00112233-4455-6677-8899-aabbccddeeff", value.Id.ToString());
        Assert.Equal((sbyte)-128, value.Tiny);
        Assert.True(value.Flag);
    }

    private static string Catalogue(string name) => File.ReadAllText(Path.Combine(EmittedCodeTests.CataloguePath, name + ".thrift"));

    private static GeneratedAssembly Assembly(string name)
    {
        lock (Assemblies)
        {
            if (!Assemblies.TryGetValue(name, out var assembly))
            {
                Assemblies.Add(name, assembly = GeneratedAssembly.Compile(Catalogue(name)));
            }

            return assembly;
        }
    }
}
