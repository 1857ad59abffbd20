using Rx.ThriftStreams.Compiler.Semantics;
using Rx.ThriftStreams.Compiler.Syntax;

namespace Rx.ThriftStreams.Compiler.Tests;

/// <summary>The union of what thriftgo and Apache Thrift accept.</summary>
public sealed class GrammarTests
{
    [Theory]
    [InlineData("")]
    [InlineData("\uFEFFnamespace go a")]
    [InlineData("namespace * a.b.c (x=\"y\") namespace c_glib a; namespace smalltalk.category a")]
    [InlineData("cpp_include \"<vector>\"")]
    [InlineData("# hash\n// slashes\n/* block \n * */ /**/ /***/ struct /* in */ S {} // end")]
    [InlineData("const map<string,i32> A = {'a':1;'b':2;}")]
    [InlineData("const list<double> A = [1, -2.5, .5, 1e3, +1.5E-3; 2]")]
    [InlineData("const i32 A = 0x1F, const i32 B = 0o17; const i32 C = -0x10 (a=\"b\")")]
    [InlineData("const string A = 'it\"s'")]
    [InlineData("typedef list<i32> cpp_type \"std::list\" A")]
    [InlineData("typedef list cpp_type \"x\" <i32> A typedef set cpp_type \"y\" <i32> B typedef map cpp_type 'z' <i32, i32> C")]
    [InlineData("typedef i32 (a=\"b\") T (c=\"d\", e, f=\"g\";) ;")]
    [InlineData("enum E { A, B = 5; C = -1 (x=\"y\") D = 0x10 } (z=\"w\")")]
    [InlineData("struct S xsd_all { 1: i32 a xsd_optional xsd_nillable xsd_attrs { 1: i32 b } (k=\"v\") }")]
    [InlineData("struct S { 1: S & next }")]
    [InlineData("struct S { 1: list<map<string, set<i8>>> a (x) , 2: required i64 b; 3: optional double c = 1 4: bool d = true }")]
    [InlineData("struct S { 1: i32 required 2: i32 optional 3: optional i32 list, 4: i32 service, 5: i32 struct, 6: string map, 7: i32 void }")]
    [InlineData("typedef string uuid struct S { 1: uuid a }")]
    [InlineData("struct S { 1: uuid a }")]
    [InlineData("struct A {} ; struct B {}, union C {}")]
    [InlineData("exception E { 1: string why } service S { void f() throws (1: E e), i32 throws() } service T extends S { oneway void g(); }")]
    [InlineData("service S { void f(1: i32 a 2: i32 b; 3: i32 c,), list<string> (x=\"y\") g() (z=\"w\") } ()")]
    public void Parse_FormThatOneOfTheCompilersTakes_IsAccepted(string text)
        => Assert.DoesNotContain(Idl.Bind(text).Diagnostics, static d => d.IsError);

    [Theory]
    [InlineData("\"a\\\"b\"", "a\"b")]
    [InlineData("'a\\'b\"'", "a'b\"")]
    [InlineData("\"\\n\\r\\t\\\\\"", "\n\r\t\\")]
    [InlineData("\"\\u00e9\\x41\"", "éA")]
    [InlineData("\"日本\"", "日本")]
    [InlineData("\"two\nlines\"", "two\nlines")]
    public void Literal_Escapes_AreDecoded(string literal, string expected)
        => Assert.Equal(expected, ((StringConst)Idl.Bind("const string A = " + literal).File.Consts[0].Value!).Value);

    [Fact]
    public void Doc_AboveADeclaration_LosesItsStars()
    {
        var document = Idl.Parse("/** One.\n  * two\n  *\n  * three\n */\nstruct S { /** f */ 1: i32 a, /* no doc */ 2: i32 b }");

        var symbol = Assert.IsType<StructSyntax>(Assert.Single(document.Definitions));
        Assert.Equal("One.\ntwo\n\nthree", symbol.Doc);
        Assert.Equal(["f", null], symbol.Fields.Select(static f => f.Doc));
    }

    [Theory]
    [InlineData("namespace csharp A.B namespace netstd C namespace * d namespace go e", "A.B", "e")]
    [InlineData("namespace netstd C namespace * d.x", "C", "x")]
    [InlineData("namespace * d_e.Fg", "DE.Fg", "fg")]
    [InlineData("namespace go a.b.Echo", "A.B.Echo", "echo")]
    [InlineData("namespace py x", "Test", "test")]
    [InlineData("namespace csharp event.class", "@event.@class", "test")]
    public void Namespace_Scopes_GiveNamespaceAndPackage(string text, string @namespace, string package)
    {
        var file = Idl.Bind(text).File;

        Assert.Equal((@namespace, package), (file.Namespace, file.Package));
    }

    [Theory]
    [InlineData("f_list_i64", false, "FListI64")]
    [InlineData("userID", false, "UserID")]
    [InlineData("RED", true, "Red")]
    [InlineData("DARK_RED", false, "DarkRed")]
    [InlineData("URL", false, "URL")]
    [InlineData("_private", false, "Private")]
    [InlineData("_1st", false, "_1st")]
    [InlineData("_", false, "_")]
    public void Pascal_IdlName_IsWhatADotNetEngineerWrites(string name, bool shout, string expected) => Assert.Equal(expected, Naming.Pascal(name, shout));

    [Fact]
    public void Compile_SeveralFiles_ResolveAcrossThem()
    {
        (string, string)[] files =
        [
            ("idl/base.v1.thrift", "namespace csharp Base.V1\nenum Kind { A, B } typedef list<Item> Items struct Item { 1: required string name } exception Bad { 1: string message } const i32 LIMIT = 5\nservice Root { string ping(1: string what) throws (1: Bad bad) }"),
            ("idl/middle.thrift", "namespace csharp Middle include \"base.v1.thrift\" typedef base.v1.Items Things service Mid extends base.v1.Root { Things all() }"),
            ("main.thrift", "namespace csharp Main include \"idl/middle.thrift\" include \"idl/base.v1.thrift\"\nstruct S { 1: middle.Things things, 2: base.v1.Kind kind = base.v1.Kind.B, 3: i32 limit = base.v1.LIMIT } service Top extends middle.Mid { S both(1: S s) (streaming.mode=\"bidirectional\") }"),
        ];

        var assembly = GeneratedAssembly.Compile(Idl.Emit(CompilerOptions.Default, files));

        dynamic made = assembly.New("Main.S");
        Assert.Equal(5, made.Limit);
        Assert.Equal("B", made.Kind.ToString());
        Assert.Equal(["BothAsync", "BothAsync"], assembly.Type("Main.ITop").GetMethods().Where(static m => !m.IsStatic).Select(static m => m.Name));
        Assert.Contains(assembly.Type("Middle.IMid"), assembly.Type("Main.ITop").GetInterfaces());
        Assert.NotNull(assembly.Type("Main.TopClient").GetMethod("PingAsync", [typeof(string), typeof(CancellationToken)]));
        var descriptor = assembly.Type("Main.TopDescriptor");
        var ping = descriptor.GetField("Ping", System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Static)!.GetValue(null)!;
        Assert.Equal("main.Top/ping", ping.ToString());
    }

    [Fact]
    public void Include_OfAnIncludedFile_IsNotVisible()
    {
        var bound = Idl.Bind(CompilerOptions.Default, ("a.thrift", "include \"b.thrift\"\nstruct S { 1: c.T t }"), ("b.thrift", "include \"c.thrift\""), ("c.thrift", "struct T {}"));

        Assert.Equal("TS0025", Assert.Single(bound[0].Diagnostics).Id);
    }
}
