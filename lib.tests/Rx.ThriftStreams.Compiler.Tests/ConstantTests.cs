using Rx.ThriftStreams.Compiler.Semantics;

namespace Rx.ThriftStreams.Compiler.Tests;

/// <summary>Values that thriftgo and Apache Thrift take, although they do not fit at first sight.</summary>
public sealed class ConstantTests
{
    [Theory]
    [InlineData("typedef-enum-value.thrift", false)]
    [InlineData("typedef-enum-value.thrift", true)]
    [InlineData("included-enum-value.thrift", true)]
    [InlineData("other-enums-name.thrift", true)]
    [InlineData("bool-number.thrift", false)]
    public void Check_ValueThatTheFieldMakesClear_IsAccepted(string file, bool apache)
        => Assert.Equal((0, ""), (ToolRun.Run(["check", ToolRun.Case(file), .. apache ? new[] { "--apache" } : []]) is var (code, output, _) ? (code, output) : default));

    [Theory]
    [InlineData("included-enum-value.thrift", "undefined value: \"Color.RED\". Did you mean \"palette.Color.RED\"?")]
    [InlineData("other-enums-name.thrift", "undefined value: \"A.TWO\". Did you mean \"B.TWO\"?")]
    public void Check_ValueOfAnotherEnum_IsAnErrorAsInThriftgo(string file, string message)
        => Assert.Contains(message, ToolRun.Run("check", ToolRun.Case(file)).Output, StringComparison.Ordinal);

    [Theory]
    [InlineData("3", true)]
    [InlineData("1", true)]
    [InlineData("0", false)]
    [InlineData("-1", false)]
    public void Bool_Number_IsTrueIfPositive(string number, bool expected)
        => Assert.Equal(new BoolConst(expected), Idl.Bind("const bool A = " + number).File.Consts[0].Value);

    [Fact]
    public void Typedef_OfAnEnumInAnotherFile_GivesItsValue()
    {
        var bound = Idl.Bind(CompilerOptions.Default, ("a.thrift", "include \"b.thrift\"\ntypedef b.Shade Mine\nconst Mine A = Mine.RED\nconst i32 B = b.Shade.RED"), ("b.thrift", "typedef Color Shade\nenum Color { RED = 7 }"))[0];

        Assert.Empty(bound.Diagnostics);
        Assert.Equal(7, Assert.IsType<EnumConst>(bound.File.Consts[0].Value).Value);
        Assert.Equal(new IntConst(7), bound.File.Consts[1].Value);
    }

    [Fact]
    public void StructConstant_WithoutARequiredField_GetsItsZeroValueAndAWarning()
    {
        const string Text = """
            namespace csharp C
            struct Inner { 1: required i32 n }
            struct User { 1: required string name, 2: required list<i32> ids, 3: required Inner inner, 4: required bool on, 5: optional string pic }
            const User NOBODY = {}
            """;
        Assert.Equal(["TS0043", "TS0043", "TS0043", "TS0043"], Idl.Ids(Text));
        Assert.Equal(["TS0043"], ToolRun.Check(ToolRun.Case("const-missing-required.thrift")));

        dynamic nobody = GeneratedAssembly.Compile(Text).Type("C.TestConstants").GetProperty("Nobody")!.GetValue(null)!;

        Assert.Equal("", nobody.Name);
        Assert.Equal(0, nobody.Inner.N);
        Assert.Null(nobody.Pic);
        Assert.Equal(0, nobody.Ids.Count);
    }

    [Fact]
    public void StructConstant_WithoutARequiredUnion_IsAnError()
        => Assert.Equal("{} is not a value of type S. The required field \"u\" is missing.", Assert.Single(Idl.Bind("union U { 1: i32 a } struct S { 1: required U u } const S A = {}").Diagnostics).Message);
}
