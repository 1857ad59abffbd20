using Rx.ThriftStreams.Compiler.Compatibility;
using Rx.ThriftStreams.Compiler.Semantics;

namespace Rx.ThriftStreams.Compiler.Tests;

/// <summary>Every rule of <c>breaking</c>, and compatible changes.</summary>
public sealed class CompatibilityTests
{
    /// <summary>Id, level, old and new text, and the beginning of the message.</summary>
    public static TheoryData<string, string, string, string> Cases => new()
    {
        { "TB101", "struct S { 1: i32 a }", "struct S { 1: string a }", "S.a changed its type from i32 to string" },
        { "TB101", "struct S { 1: list<i32> a }", "struct S { 1: set<i32> a }", "S.a changed its type from list<i32> to set<i32>" },
        { "TB101", "struct A { 1: i32 x } struct S { 1: list<map<i32, A>> a }", "struct A { 1: i64 x } struct S { 1: list<map<i32, A>> a }", "A.x changed its type" },
        { "TB101", "service V { void f(1: i32 a) }", "service V { void f(1: i64 a) }", "V.f.a changed its type from i32 to i64" },
        { "TB102", "struct S { 1: i32 a }", "struct S { 2: i32 a }", "S.a changed its id from 1 to 2" },
        { "TB103", "struct S {}", "struct S { 1: required i32 a }", "S.a is new and required" },
        { "TB104", "struct S { 1: required i32 a }", "struct S {}", "S.a was required and is gone" },
        { "TB105", "struct S { 1: optional i32 a = 1 }", "struct S { 1: required i32 a = 1 }", "S.a became required" },
        { "TB106", "struct S { 1: required i32 a }", "struct S { 1: optional i32 a }", "S.a is no longer required" },
        { "TB107", "struct S { 1: optional i32 a = 1 }", "struct S { 1: optional i32 a = 2 }", "S.a changed its default" },
        { "TB108", "union U { 1: i32 a, 2: i32 b }", "union U { 1: i32 a }", "U.b is gone: old peers may still send this case." },
        { "TB109", "enum E { A = 1 }", "enum E { A = 2 }", "E.A changed its number from 1 to 2" },
        { "TB120", "service V {}", "", "The service V is gone" },
        { "TB121", "namespace go a.b service V {}", "namespace go a.c service V {}", "The package of the service V changed from \"b\" to \"c\"" },
        { "TB122", "service A { void f() } service V extends A {}", "service A { void f() } service V {}", "V.f is gone" },
        { "TB123", "struct S {} service V { S f(1: S s) }", "struct S {} service V { S f(1: S s) (streaming.mode=\"server\") }", "V.f changed from a call without streams to server streaming." },
        { "TB124", "service V { void f() }", "service V { oneway void f() }", "V.f became oneway" },
        { "TB125", "service V { i32 f() }", "service V { void f() }", "V.f changed its return type from i32 to void." },
        { "TB126", "exception E {} service V { void f() }", "exception E {} service V { void f() throws (1: E e) }", "V.f returns nothing, and E is declared on one side only" },
        { "TB201", "struct S {}", "", "The type S is gone." },
        { "TB202", "namespace csharp A struct S {}", "namespace csharp B struct S {}", "S changed its C# name from A.S to B.S." },
        { "TB203", "struct S { 1: i32 a }", "struct S {}", "S.a, id 1, is gone." },
        { "TB204", "struct S { 1: i32 a }", "struct S { 1: i32 b }", "S.a has another name: the C# property changes from A to B." },
        { "TB205", "struct S { 1: i32 a }", "struct S { 1: optional i32 a }", "S.a changed its C# type from int to int?." },
        { "TB205", "enum E { A } struct S { 1: i32 a }", "enum E { A } struct S { 1: E a }", "S.a changed its C# type from int to E." },
        { "TB205", "struct S { 1: string a }", "struct S { 1: string a (csharp.type=\"utf8\") }", "S.a changed its C# type from string to ThriftUtf8String." },
        { "TB205", "struct S { 1: binary a }", "struct S { 1: binary a (csharp.type=\"pooled\") }", "S.a changed its C# type from ReadOnlyMemory<byte> to ThriftPooledBinary." },
        { "TB206", "struct S { 1: required i32 a = 1 }", "struct S { 1: required i32 a }", "S.a must now be set wherever the object is created." },
        { "TB207", "union U { 1: i32 a }", "union U { 1: i32 a, 2: i32 b }", "U.b is new" },
        { "TB208", "enum E { A = 1, B = 2 }", "enum E { A = 1, C = 2 }", "E.B is gone." },
        { "TB209", "struct S {}", "exception S {}", "S changed from struct to exception." },
        { "TB210", "const i32 A = 1", "", "The constant A is gone." },
        { "TB211", "const i32 A = 1", "const i32 A = 2", "The constant A changed from 1 to 2" },
        { "TB212", "service V { void f(1: i32 a, 2: i32 b) }", "service V { void f(2: i32 b, 1: i32 a) }", "V.f changed its C# signature" },
        { "TB212", "service V { void f(1: string a) }", "service V { void f(1: string a (csharp.type=\"utf8\")) }", "V.f changed its C# signature" },
        { "TB303", "typedef i32 T", "", "The typedef T is gone." },
        { "TB304", "namespace py a", "namespace py b", "The namespace for py changed from \"a\" to \"b\"." },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Run_BreakingChange_IsFoundAtItsLevelAndNotBelow(string id, string old, string current, string message)
    {
        var level = BreakingRules.All.Single(r => r.Rule.Id == id).Level;

        Assert.Contains(Run(old, current, level), c => c.Diagnostic.Id == id && c.Level == level && c.Diagnostic.Message.StartsWith(message, StringComparison.Ordinal));
        if (level > CompatibilityLevel.Wire)
        {
            Assert.DoesNotContain(Run(old, current, level - 1), c => c.Diagnostic.Id == id);
        }
    }

    [Theory]
    [InlineData("struct S { 1: i32 a }", "struct S { 1: i32 a, 2: optional i32 b }")]
    [InlineData("struct S { 1: i32 a, 2: i32 b }", "struct S { 2: i32 b, 1: i32 a }")]
    [InlineData("enum E { A }", "enum E { A, B }")]
    [InlineData("service V { void f() }", "service V { i32 g(), void f() } struct New {}")]
    [InlineData("service V { void f(1: i32 a) }", "service Base { void f(1: i32 a) } service V extends Base {}")]
    [InlineData("typedef i32 T struct S { 1: T a }", "typedef i32 T struct S { 1: i32 a }")]
    [InlineData("struct Node { 1: list<Node> next }", "struct Node { 1: list<Node> next, 2: optional i32 a }")]
    [InlineData("exception E {} service V { i32 f() }", "exception E {} service V { i32 f() throws (1: E e) }")]
    public void Run_CompatibleChange_FindsNothing(string old, string current) => Assert.Empty(Run(old, current, CompatibilityLevel.File));

    [Theory]
    [InlineData("struct S { 1: i32 a }", "struct S { 1: i32 b }")]
    [InlineData("struct A { 1: i32 x } struct S { 1: A a }", "struct B { 1: i32 y } struct S { 1: B a }")]
    [InlineData("enum E { A } struct S { 1: E a }", "struct S { 1: i32 a }")]
    [InlineData("struct S { 1: string a }", "struct S { 1: binary a }")]
    [InlineData("struct S { 1: optional list<string> a, 2: optional string b = \"x\" }", "typedef string T (csharp.type=\"utf8\") struct S { 1: optional list<T> a, 2: optional T b = \"x\" }")]
    [InlineData("struct S { 1: optional list<binary> a, 2: optional binary b = \"x\" }", "typedef binary T (csharp.type=\"pooled\") struct S { 1: optional list<T> a, 2: optional T b = \"x\" }")]
    [InlineData("service V { string f() }", "service V { string (csharp.type=\"utf8\") f() }")]
    [InlineData("struct S { 1: i32 a, 2: i32 b }", "struct S { 1: i32 a }")]
    [InlineData("namespace csharp A struct S {}", "namespace csharp B struct S {}")]
    public void Run_ChangeOfNamesAlone_DoesNotBreakTheWire(string old, string current)
    {
        Assert.Empty(Run(old, current, CompatibilityLevel.Wire));
        Assert.NotEmpty(Run(old, current, CompatibilityLevel.Source));
    }

    [Fact]
    public void Run_TypeRenamedAndChanged_IsFollowedThroughItsUse()
        => Assert.Equal(
            "A.x changed its type from i32 to string: peers skip values of the type that they do not expect.",
            Assert.Single(Run("struct A { 1: i32 x } struct S { 1: A a }", "struct B { 1: string y } struct S { 1: B a }", CompatibilityLevel.Wire)).Diagnostic.Message);

    [Fact]
    public void Run_DeclarationInAnotherFile_MovedButDidNotChange()
    {
        var old = Files(("a.thrift", "namespace csharp N struct S { 1: i32 a }"), ("b.thrift", "namespace csharp N struct T {}"));
        var current = Files(("a.thrift", "namespace csharp N"), ("b.thrift", "namespace csharp N struct T {} struct S { 1: i32 a }"));

        Assert.Empty(CompatibilityCheck.Run(old, current, CompatibilityLevel.Source));
        var moved = Assert.Single(CompatibilityCheck.Run(old, current, CompatibilityLevel.File));
        Assert.Equal(("TB302", "b.thrift", "S moved from a.thrift to b.thrift."), (moved.Diagnostic.Id, moved.Diagnostic.Path, moved.Diagnostic.Message));
    }

    [Fact]
    public void Run_FileThatIsGone_IsOneChangeOfTheFile()
    {
        var found = CompatibilityCheck.Run(Files(("a.thrift", "const i32 A = 1")), Files(("b.thrift", "const i32 A = 1")), CompatibilityLevel.File);

        Assert.Equal(["TB301", "TB302"], found.Select(static c => c.Diagnostic.Id).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("struct S { 1: i32 b (breaking.ignore=\"TB204: never released\") }", "never released")]
    [InlineData("struct S { 1: i32 b } (breaking.ignore=\"TB203, TB204: never released\")", "never released")]
    [InlineData("namespace csharp Test (breaking.ignore=\"TB204 S.a: only this\") struct S { 1: i32 b }", "only this")]
    [InlineData("namespace csharp Test (breaking.ignore=\"TB204 S.b: another\") struct S { 1: i32 b }", null)]
    [InlineData("struct S { 1: i32 b (breaking.ignore=\"TB203: another rule\") }", null)]
    public void Run_IgnoreAnnotationWithAReason_KeepsTheChangeFromCounting(string current, string? reason)
        => Assert.Equal(reason, Assert.Single(Run("struct S { 1: i32 a }", current, CompatibilityLevel.Source)).Ignored);

    [Theory]
    [InlineData("TB204")]
    [InlineData("TB204:")]
    [InlineData("because: I say so")]
    public void Run_IgnoreAnnotationWithoutIdsOrReason_IsReportedAndIgnoresNothing(string annotation)
    {
        var found = Run("struct S { 1: i32 a }", $"struct S {{ 1: i32 b (breaking.ignore=\"{annotation}\") }}", CompatibilityLevel.Source);

        Assert.Equal(["TB001", "TB204"], found.Select(static c => c.Diagnostic.Id).Order(StringComparer.Ordinal));
        Assert.All(found, static c => Assert.Null(c.Ignored));
    }

    [Fact]
    public void Cases_OfThisTest_NameEveryRule()
        => Assert.Equal(
            BreakingRules.All.Select(static r => r.Rule.Id),
            Cases.Select(static c => c.Data.Item1).Concat(["TB001", "TB301", "TB302"]).Distinct().Order(StringComparer.Ordinal));

    private static IReadOnlyList<BreakingChange> Run(string old, string current, CompatibilityLevel level)
        => CompatibilityCheck.Run(Files(("test.thrift", old)), Files(("test.thrift", current)), level);

    private static List<VersionedFile> Files(params (string Path, string Text)[] files)
        => [.. Idl.Bind(CompilerOptions.Default, files).Select(static f => f.HasErrors ? throw new InvalidOperationException(f.Diagnostics[0].ToString()) : new VersionedFile(f.File.Path, f))];
}
