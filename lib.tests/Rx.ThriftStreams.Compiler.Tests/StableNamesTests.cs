using Rx.ThriftStreams.Compiler.Semantics;

namespace Rx.ThriftStreams.Compiler.Tests;

/// <summary>The C# names of declarations do not depend on the order in which they are written.</summary>
public sealed class StableNamesTests
{
    [Theory]
    [InlineData("struct S { 1: i32 a_b, 2: i32 aB }")]
    [InlineData("struct S { 2: i32 aB, 1: i32 a_b }")]
    public void Fields_ThatBecomeOneName_KeepTheirNamesWhenTheyMove(string text)
    {
        var bound = Idl.Bind(text);

        Assert.Equal(
            ["a_b: AB", "aB: AB_"], bound.Binder.FieldsOf(bound.File.Structs[0]).OrderBy(static f => f.Id).Select(static f => $"{f.Name}: {f.CSharpName}"));
        Assert.Equal("\"aB\" and \"a_b\" are both AB in C#: \"aB\" is generated as AB_. Rename one of them.", Assert.Single(bound.Diagnostics, static d => d.Id == "TS0042").Message);
    }

    [Theory]
    [InlineData("enum E { A_B = 1, aB = 2 }")]
    [InlineData("enum E { aB = 2, A_B = 1 }")]
    public void EnumValues_ThatBecomeOneName_KeepTheirNamesWhenTheyMove(string text)
        => Assert.Equal(["AB", "AB_"], Idl.Bind("const i32 x_ = 1 " + text).File.Enums[0].Members.OrderBy(static m => m.Value).Select(static m => m.CSharpName.Replace("Ab", "AB", StringComparison.Ordinal)));

    [Theory]
    [InlineData("service S { void a_b(), void aB() } struct x_y {} struct xY {} const i32 C_D = 1 const i32 c_d = 2")]
    [InlineData("const i32 c_d = 2 const i32 C_D = 1 struct xY {} struct x_y {} service S { void aB(), void a_b() }")]
    public void Declarations_ThatBecomeOneName_KeepTheirNamesWhenTheyMove(string text)
    {
        var bound = Idl.Bind(text);
        var functions = bound.Binder.FunctionsOf(bound.File.Services[0]);

        Assert.Equal(["aB: AB", "a_b: AB_"], functions.OrderBy(static f => f.Name, StringComparer.Ordinal).Select(static f => $"{f.Name}: {f.CSharpName}"));
        Assert.Equal(["xY: XY", "x_y: XY_"], bound.File.Structs.OrderBy(static s => s.Name, StringComparer.Ordinal).Select(static s => $"{s.Name}: {s.CSharpName}"));
        Assert.Equal(["C_D: CD", "c_d: CD_"], bound.File.Consts.OrderBy(static c => c.Name, StringComparer.Ordinal).Select(static c => $"{c.Name}: {c.CSharpName}"));
        Assert.Equal(3, bound.Diagnostics.Count(static d => d.Id == "TS0042"));
    }

    [Theory]
    [InlineData("struct SBase {} service S {}", "S_")]
    [InlineData("struct SRxBase {} service S {}", "S_")]
    [InlineData("service SBase {} service S extends SBase {}", "S")]
    public void Service_WhoseBaseClassWouldHaveTheNameOfAStruct_IsRenamedWithAWarning(string text, string expected)
    {
        var bound = Idl.Bind(text);

        Assert.Equal(expected, bound.File.Services.Single(static s => s.Name == "S").CSharpName);
        Assert.Equal(expected == "S" ? 0 : 1, bound.Diagnostics.Count(static d => d.Id == "TS0042"));
    }

    [Fact]
    public void Function_WithTheNameOfTheBaseClass_IsRenamed()
        => Assert.Equal("SBase_", Assert.Single(Idl.Bind("service S { void sBase() }") is var bound ? bound.Binder.FunctionsOf(bound.File.Services[0]) : []).CSharpName);

    [Fact]
    public void Field_WithANameThatTheClassNeeds_IsNoCauseForAWarning()
        => Assert.Empty(Idl.Ids("struct S { 1: i32 equals } exception E { 1: string message }"));

    [Fact]
    public void UnionCases_AreCasedAsEnumValuesAre()
    {
        var bound = Idl.Bind("union U { 1: i32 RED, 2: i32 DARK_RED, 3: i32 userID }");

        Assert.Equal(["Red", "DarkRed", "UserID"], bound.Binder.FieldsOf(bound.File.Structs[0]).Select(static f => f.CSharpName));
        Assert.Equal(["Red", "DarkRed", "UserID"], Idl.Bind("enum E { RED, DARK_RED, userID }").File.Enums[0].Members.Select(static m => m.CSharpName));
    }

    [Fact]
    public void Scope_ManyNamesThatBecomeOne_NumbersThem()
    {
        var scope = new NameScope(["A"]);

        Assert.Equal(["A_", "A_2", "A_3"], new[] { scope.Take("A"), scope.Take("A"), scope.Take("A") });
    }
}
