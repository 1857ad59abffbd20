using Rx.ThriftStreams.Compiler.Compatibility;
using Rx.ThriftStreams.Compiler.Diagnostics;
using Rx.ThriftStreams.Compiler.Semantics;

namespace Rx.ThriftStreams.Compiler.Tests;

/// <summary>Every diagnostic: its id, its words, its place.</summary>
public sealed class DiagnosticsTests
{
    private const string Types = "struct Request { 1: i32 a } struct Response { 1: i32 a } exception E { 1: i32 a } ";

    // They need more than one file, bytes, or an option.
    private static readonly HashSet<string> OnlyTestedElsewhere =
        [Rules.GeneratedNameClash.Id, Rules.InvalidOption.Id, Rules.NotUtf8.Id, Rules.TooManyFindings.Id, Rules.DuplicateInclude.Id];

    public static TheoryData<string, string, int, int, string> Cases => new()
    {
        { "TS0001", "struct S {\n  1: i32 a ?\n}", 2, 12, "Unexpected token in input: \"?\"." },
        { "TS0002", "struct S {\n  1: i32\n}", 3, 1, "Expected the name of the field but found \"}\"." },
        { "TS0002", "strukt S {}", 1, 1, "Expected a definition but found \"strukt\". Did you mean \"struct\"?" },
        { "TS0002", "struct S { 1: lst<i32> a }", 1, 15, "Expected a type but found \"lst\". Did you mean \"list\"?" },
        { "TS0003", "struct S {} /* open", 1, 13, "The comment that starts here is not closed: \"*/\" is missing." },
        { "TS0004", "const string S = \"open\nstruct T {}", 1, 18, "End of line while reading the string that starts here: its closing quote is missing." },
        { "TS0005", "const i64 A = 9223372036854775808", 1, 15, "This integer is too big: \"9223372036854775808\"." },
        { "TS0006", "const string A = \"a\\qb\"", 1, 20, "Bad escape character \"\\q\" in a string: the two characters are kept as they are." },
        { "TS0007", "struct S {}\nnamespace go a", 2, 1, "\"namespace\" must precede the first definition." },
        { "TS0008", "senum S { \"a\" }", 1, 1, "\"senum\" is obsolete and read as a string." },
        { "TS0008", "struct S { 1: slist a }", 1, 15, "\"slist\" is obsolete and read as \"string\"." },
        { "TS0008", "service S { async void f() }", 1, 13, "\"async\" is obsolete and read as \"oneway\"." },
        { "TS0009", "const list<i32> A = " + new string('[', 200), 1, 121, "Types, constants and what they refer to may be nested 100 deep at most." },
        { "TS0013", "@Marker struct S {}", 1, 1, "\"@Marker\" belongs to the dialect of fbthrift and is ignored, as are other annotations of this kind in the file." },
        { "TS0014", "interaction I {}", 1, 1, "\"interaction\" belongs to the dialect of fbthrift. Declare a service, and pass the identity of the interaction as an argument." },
        { "TS0020", "include \"../x/common.thrift\"", 1, 9, "Include \"../x/common.thrift\" is not among the files of this compilation. Add <ThriftFile Include=\"../x/common.thrift\" /> to the project." },
        { "TS0023", "struct A {}\nstruct A {}", 2, 8, "\"A\" is declared twice in this file." },
        { "TS0024", "enum A {}\nstruct A {}", 2, 8, "\"A\" is declared twice in this file, once as an enum." },
        { "TS0025", "struct Request {} struct S {\n 1: Reqeust a }", 2, 5, "undefined type: \"Reqeust\". Did you mean \"Request\"?" },
        { "TS0026", "service A {} struct S { 1: A a }", 1, 28, "invalid type name \"A\"." },
        { "TS0027", "typedef B A typedef A B", 1, 11, "The typedef \"A\" refers to itself." },
        { "TS0030", "enum E { A, A }", 1, 13, "The enum E has two values with the name \"A\"." },
        { "TS0031", "enum E { A = 1, B = 1 }", 1, 21, "The enum E has the number 1 twice: \"A\" and \"B\"." },
        { "TS0032", "enum E { A = 2147483648 }", 1, 14, "The number 2147483648 of the enum value E.A does not fit 32 bits." },
        { "TS0033", "union S { 1: i32 a, 1: i32 b }", 1, 21, "The field id 1 appears twice in the union \"S\"." },
        { "TS0034", "struct S { 1: i32 a, 2: i32 a }", 1, 29, "The field name \"a\" appears twice in the struct \"S\"." },
        { "TS0035", "union S { 1: i32 a = 1, 2: i32 b = 2 }", 1, 36, "Field \"b\" is the second one of the union \"S\" with a default value: a union has one value." },
        { "TS0036", "struct S { -1: i32 a }", 1, 12, "non-positive ID -1 of field \"a\" in struct \"S\"." },
        { "TS0037", "struct S { i32 a }", 1, 16, "Field \"a\" has no id and gets 1; Apache Thrift would give it -1, which does not interoperate. Write the id." },
        { "TS0038", "struct S { 32768: i32 a }", 1, 12, "The id 32768 of field \"a\" does not fit the 16 bits that it has on the wire." },
        { "TS0039", "struct S { 0x10: i32 a }", 1, 12, "The id 0x10 of field \"a\" is not decimal: thriftgo reads it as 0, Apache Thrift as 16. Here it is 0. Write it in decimal." },
        { "TS0040", "union U { 1: required i32 a }", 1, 14, "union U field a: union members must be optional, ignoring specified requiredness." },
        { "TS0041", "struct A { 1: A a = {} }", 1, 21, "The default of field \"a\" creates a \"A\", whose defaults create a \"A\" again, without end." },
        { "TS0045", "enum E { RED } const E A = RED", 1, 28, "undefined value: \"RED\". Did you mean \"E.RED\"?" },
        { "TS0047", "const i32 A = \"x\"", 1, 15, "\"x\" is not a value of type i32." },
        { "TS0042", "struct S { 1: i32 a_b, 2: i32 aB }", 1, 31, "\"aB\" and \"a_b\" are both AB in C#: \"aB\" is generated as AB_. Rename one of them." },
        { "TS0043", "struct P { 1: required i32 x } const P A = {}", 1, 44, "The constant does not set the required field \"x\" of P, which gets the zero value of its type." },
        { "TS0048", "const byte A = 128", 1, 16, "The value 128 does not fit type byte." },
        { "TS0049", "const i32 A = A", 1, 11, "The constant \"A\" is defined by itself." },
        { "TS0050", "service S { void f(), void f() }", 1, 28, "The service \"S\" has two functions with the name \"f\"." },
        { "TS0051", "service S { oneway i32 f() }", 1, 24, "S.f is oneway: it must return void." },
        { "TS0052", Types + "\nservice S { oneway void f() throws (1: E e) }", 2, 25, "S.f is oneway: it cannot throw exceptions." },
        { "TS0053", "service Base {} service S extends Bass {}", 1, 35, "base service \"Bass\" not found for \"S\". Did you mean \"Base\"?" },
        { "TS0054", "service A extends B {} service B extends A {}", 1, 19, "Service inheritance cycle: A → B → A." },
        { "TS0055", "service A { void f() } service B extends A { void f() }", 1, 51, "Function \"f\" of service \"B\" is already defined by its base service \"A\"." },
        { "TS0056", "service S { void f() throws (1: i32 e) }", 1, 33, "Throws clause may not contain non-exception types: \"i32\" in S.f." },
        { "TS0057", "service S { void f(1: optional i32 a) }", 1, 23, "optional keyword is ignored in argument lists." },
        { "TS0058", "service S { void _f() }", 1, 18, "Kitex skips functions whose name begins with \"_\": a Kitex peer does not have S._f." },
        { "TS0060", Types + "\nservice S { Response f(1: Request r) (streaming.mode=\"client\", streaming.mode=\"client\") }", 2, 64, "service S: f has multiple values for annotation streaming.mode (at most 1 allowed)." },
        { "TS0061", Types + "\nservice S { Response f(1: Request r) (streaming.mode=\"Server\") }", 2, 54, "service S: invalid value (Server) for annotation streaming.mode, which can be bidirectional, client, server or unary. Did you mean \"server\"?" },
        { "TS0061", Types + "\nservice S { Response f(1: Request r) (streaming.mode=\"\") }", 2, 54, "service S: invalid value () for annotation streaming.mode, which can be bidirectional, client, server or unary." },
        { "TS0062", Types + "\nservice S { Response f() (streaming.mode=\"client\") }", 2, 22, "service S: streaming function f should have exactly 1 argument." },
        { "TS0063", Types + "\nservice S { void f(1: Request r) (streaming.mode=\"client\") }", 2, 18, "service S: streaming function f should have exactly 1 response." },
        { "TS0064", Types + "\nservice S { oneway void f(1: Request r) (streaming.mode=\"client\") }", 2, 25, "service S: streaming function f cannot be oneway." },
        { "TS0065", Types + "\nservice S { Response f(1: Request r) throws (1: E e) (streaming.mode=\"client\") }", 2, 22, "service S: the exceptions of streaming function f are not sent as such; the caller sees an ordinary error status. Throw ThriftBizStatusException to send a code, a text and values." },
        { "TS0066", Types + "\nservice S { Response f(1: string r) (streaming.mode=\"client\") }", 2, 27, "service S: the argument of streaming function f must be a struct, not string." },
        { "TS0067", Types + "\nservice S { list<i32> f(1: Request r) (streaming.mode=\"client\") }", 2, 13, "service S: the response of streaming function f must be a struct, not list<i32>." },
        { "TS0068", "service S {} (streaming.mode=\"client\")", 1, 15, "streaming.mode is ignored here: it is an annotation of functions." },
        { "TS0069", Types + "\nservice S { Response f(1: Request r) (streaming_mode=\"client\") }", 2, 39, "service S: annotation streaming_mode of function f is unknown and ignored. Did you mean \"streaming.mode\"?" },
        { "TS0070", "struct S { 1: string a (csharp.type=\"utf-8\") }", 1, 37, "invalid value (utf-8) for annotation csharp.type. Use \"utf8\" for a string, \"pooled\" for a binary, or remove the annotation. Did you mean \"utf8\"?" },
        { "TS0070", "struct S { 1: string a (csharp.type=\"ReadOnlyMemory\") }", 1, 37, "invalid value (ReadOnlyMemory) for annotation csharp.type. Use \"utf8\" for a string, \"pooled\" for a binary, or remove the annotation." },
        { "TS0071", "struct S { 1: binary a (csharp.type=\"utf8\") }", 1, 25, "csharp.type=\"utf8\" applies to string, not to binary." },
        { "TS0071", "struct S { 1: list<string> a (csharp.type=\"utf8\") }", 1, 31, "csharp.type=\"utf8\" applies to string, not to list<string>. Annotate the type of the elements: list<string (csharp.type=\"utf8\")>." },
        { "TS0071", "typedef map<i32, string> M (csharp.type=\"utf8\")", 1, 29, "csharp.type=\"utf8\" applies to string, not to map<i32, string>. Annotate the type of the keys or values, as in map<i32, string (csharp.type=\"utf8\")>." },
        { "TS0071", "service V { void f(1: i32 (csharp.type=\"utf8\") a) }", 1, 28, "csharp.type=\"utf8\" applies to string, not to i32." },
        { "TS0071", "struct S { 1: string a (csharp.type=\"pooled\") }", 1, 25, "csharp.type=\"pooled\" applies to binary, not to string." },
        { "TS0071", "struct S { 1: list<binary> a (csharp.type=\"pooled\") }", 1, 31, "csharp.type=\"pooled\" applies to binary, not to list<binary>. Annotate the type of the elements: list<binary (csharp.type=\"pooled\")>." },
        { "TS0071", "typedef map<i32, binary> M (csharp.type=\"pooled\")", 1, 29, "csharp.type=\"pooled\" applies to binary, not to map<i32, binary>. Annotate the type of the values, as in map<i32, binary (csharp.type=\"pooled\")>." },
        { "TS0071", "struct S { 1: set<binary> a (csharp.type=\"pooled\") }", 1, 30, "csharp.type=\"pooled\" applies to binary, not to set<binary>." },
        { "TS0073", "struct S { 1: set<binary (csharp.type=\"pooled\")> a }", 1, 19, "a key of a map or an element of a set cannot be pooled, because it would change when its memory is returned. Remove csharp.type=\"pooled\" from it." },
        { "TS0073", "typedef binary P (csharp.type=\"pooled\") struct S { 1: map<list<P>, i32> a }", 1, 59, "a key of a map or an element of a set cannot be pooled, because it would change when its memory is returned. Remove csharp.type=\"pooled\" from it." },
        { "TS0072", "struct S {} (csharp.type=\"utf8\")", 1, 14, "csharp.type is ignored here: it is an annotation of types, fields, arguments, typedefs and constants. Write it after the type." },
        { "TS0074", "struct S { 1: string a (csharp.typ=\"utf8\") }", 1, 25, "annotation csharp.typ is unknown and ignored. Did you mean \"csharp.type\"?" },
        { "TS0074", "struct S { 1: string (cshap.type=\"utf8\") a }", 1, 23, "annotation cshap.type is unknown and ignored. Did you mean \"csharp.type\"?" },
        { "TS0074", "typedef string Text (CSharp.Type=\"utf8\")", 1, 22, "annotation CSharp.Type is unknown and ignored. Did you mean \"csharp.type\"?" },
        { "TS0074", "struct S {} (csharp.partial=\"true\")", 1, 14, "annotation csharp.partial is unknown and ignored." },
        { "TS0074", "service V { void f() (idempotnt=\"true\") }", 1, 23, "annotation idempotnt is unknown and ignored. Did you mean \"idempotent\"?" },
        { "TS0074", "enum E { A (breakin.ignore=\"TB204: never released\") }", 1, 13, "annotation breakin.ignore is unknown and ignored. Did you mean \"breaking.ignore\"?" },
        { "TS0074", "namespace go a (breaking_ignore=\"TB204: never released\")", 1, 17, "annotation breaking_ignore is unknown and ignored. Did you mean \"breaking.ignore\"?" },
        { "TS0074", "service V { void f() (mode=\"server\") }", 1, 23, "annotation mode is unknown and ignored. Did you mean \"streaming.mode\"?" },
        { "TS0074", "service V { void f() (streaming=\"Server\") }", 1, 23, "annotation streaming is unknown and ignored. Did you mean \"streaming.mode\"?" },
        { "TS0075", "service V { void f() (idempotent=\"1\") }", 1, 34, "invalid value (1) for annotation idempotent, which can be true or false: the function is not idempotent." },
        { "TS0075", "service V { void f() (idempotent=\"True\") }", 1, 34, "invalid value (True) for annotation idempotent, which can be true or false: the function is not idempotent. Did you mean \"true\"?" },
        { "TS0075", "service V { void f() (idempotent) }", 1, 23, "annotation idempotent without a value, which can be true or false: the function is not idempotent." },
        { "TS0072", "service V { string f() (csharp.type=\"utf8\") }", 1, 25, "csharp.type is ignored here: it is an annotation of types, fields, arguments, typedefs and constants. Write it after the type." },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Bind_Mistake_IsReportedAtItsPlaceWithItsWords(string id, string text, int line, int column, string message)
    {
        var found = Assert.Single(Idl.Bind(text).Diagnostics);

        Assert.Equal((id, line, column, message), (found.Id, found.Line, found.Column, found.Message));
    }

    // Of other generators, and our own where they are spelled right.
    [Theory]
    [InlineData("api.get")]
    [InlineData("api.js_conv")]
    [InlineData("api.idempotent")]
    [InlineData("go.tag")]
    [InlineData("go.type")]
    [InlineData("java.type")]
    [InlineData("cpp.type")]
    [InlineData("cpp2.type")]
    [InlineData("rust.type")]
    [InlineData("swift.type")]
    [InlineData("fsharp.type")]
    [InlineData("py.ignore")]
    [InlineData("rpc.idempotent")]
    [InlineData("vt.not_nil")]
    [InlineData("deprecated")]
    [InlineData("important")]
    [InlineData("final")]
    [InlineData("breaking.ignore")]
    public void Bind_AnnotationOfOthers_IsNotReported(string key)
    {
        var text = $"namespace go a ({key}=\"x\") struct S {{ 1: string ({key}=\"x\") a ({key}=\"x\") }} ({key}=\"x\") enum E {{ A ({key}=\"x\") }} service V {{ void f() ({key}=\"x\", idempotent=\"false\") }}";

        Assert.Empty(Idl.Bind(text).Diagnostics);
    }

    [Fact]
    public void Cases_OfThisTest_NameEveryRule()
    {
        var tested = Cases.Select(static c => c.Data.Item1).Concat(OnlyTestedElsewhere).Concat(["TS0010", "TS0021", "TS0044", "TS0046"]).Distinct();

        Assert.Equal(Rules.All.Select(static r => r.Id).Order(StringComparer.Ordinal), tested.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Page_OfDiagnostics_ListsEveryRuleAsItIs()
    {
        var rows = Rules.All.Select(static r => $"| {r.Id} | {(r.Severity == IdlSeverity.Error ? "error" : "warning")} | {r.Title} | {Escape(r.Format)} |");
        var breaking = BreakingRules.All.Select(static r => $"| {r.Rule.Id} | {r.Level.ToString().ToLowerInvariant()} | {r.Rule.Title} | {Escape(r.Rule.Format)} |");
        const string Heading = """


            ## Breaking changes

            What `thriftstreams breaking` and a `ThriftBaseline` report, as errors: [how to compare versions and accept changes](idl.md#breaking-changes).
            The level says what a change breaks: `wire`, messages and calls between peers; `source`, C# against the generated code; `file`, IDL that includes the files.

            | id | level | title | message |
            |---|---|---|---|

            """;
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "diagnostics.md"));
        var expected = string.Join('\n', rows) + Heading.ReplaceLineEndings("\n") + string.Join('\n', breaking);
        if (Environment.GetEnvironmentVariable("UPDATE_SNAPSHOTS") == "1")
        {
            var start = page.IndexOf("| TS", StringComparison.Ordinal);
            page = (start < 0 ? page : page[..start]) + expected + "\n";
            File.WriteAllText(Path.Combine(Repository.Root, "docs", "diagnostics.md"), page);
        }

        Assert.EndsWith(expected + "\n", page, StringComparison.Ordinal);

        static string Escape(string text) => text.Replace("|", "\\|", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal);
    }

    [Fact]
    public void Bind_IncludeCycle_IsReportedInEveryFileOfIt()
    {
        var bound = Idl.Bind(CompilerOptions.Default, ("a.thrift", "include \"b.thrift\""), ("b.thrift", "include \"c.thrift\""), ("c.thrift", "include \"a.thrift\""));

        Assert.Equal(["Include cycle: a → b → c → a.", "Include cycle: b → c → a → b.", "Include cycle: c → a → b → c."], bound.Select(static b => Assert.Single(b.Diagnostics).Message));
        Assert.Equal("TS0021", bound[0].Diagnostics[0].Id);
    }

    [Fact]
    public void Bind_ConstantThatIsTwoThings_IsAmbiguous()
    {
        var bound = Idl.Bind(
            CompilerOptions.Default,
            ("a.thrift", "include \"Color.thrift\"\nenum Color { RED }\nconst i32 A = Color.RED"),
            ("Color.thrift", "const i32 RED = 5"));

        Assert.Equal("The value \"Color.RED\" is ambiguous: 2 constants match.", Assert.Single(bound[0].Diagnostics).Message);
        Assert.Equal("TS0046", bound[0].Diagnostics[0].Id);
    }

    [Fact]
    public void Bind_ConstantsThatMultiply_AreStoppedEarly()
    {
        var text = "const list<i32> A0 = [1]\ntypedef list<i32> T0\n" + string.Concat(Enumerable.Range(1, 60).Select(static i => $"typedef list<T{i - 1}> T{i}\nconst T{i} A{i} = [A{i - 1}, A{i - 1}]\n"));

        Assert.Equal("TS0044", Assert.Single(Idl.Bind(text).Diagnostics).Id);
    }

    [Fact]
    public void Bind_TypedefsThatMultiply_AreStoppedEarly()
    {
        var text = "typedef i32 T0\n" + string.Concat(Enumerable.Range(1, 60).Select(static i => $"typedef map<T{i - 1}, T{i - 1}> T{i}\n")) + "struct S { 1: T60 a }";

        Assert.Equal("TS0010", Assert.Single(Idl.Bind(text).Diagnostics).Id);
    }

    [Theory]
    [InlineData("typedef T{1} T{0}\n", "typedef i32 T{0}\n")]
    [InlineData("const i32 A{0} = A{1}\n", "const i32 A{0} = 1\n")]
    [InlineData("service S{0} extends S{1} {{}}\n", "service S{0} {{}}\n")]
    public void Bind_EndlessChain_IsAFinding(string link, string end)
    {
        const int Length = 30_000;
        var text = string.Concat(Enumerable.Range(0, Length).Select(i => string.Format(System.Globalization.CultureInfo.InvariantCulture, i == Length - 1 ? end : link, i, i + 1)));

        var bound = Idl.Bind(text);

        Assert.Equal("TS0009", Assert.Single(bound.Diagnostics).Id);
        Assert.Empty(Emit.FileEmitter.Emit(bound));
    }

    [Fact]
    public void Bind_SeveralMistakes_AreAllReportedInOneRun()
    {
        const string Text = """
            struct A {
              1: i32
              2: strng b
              3: i32 c = "x"
              4 i32 d,
              5: string e
            }
            strct B {}
            enum C { X, Y = , Z }
            service D { void f(1: i32) , void g(1: Foo x) }
            """;

        var found = Idl.Bind(Text).Diagnostics;

        Assert.Equal(
            ["3,3 TS0002", "3,6 TS0025", "4,14 TS0047", "5,5 TS0002", "8,1 TS0002", "9,17 TS0002", "10,26 TS0002", "10,40 TS0025"],
            found.Select(static d => $"{d.Line},{d.Column} {d.Id}"));
    }

    [Fact]
    public void Bind_MistakeInOneMember_KeepsTheOthers()
    {
        var bound = Idl.Bind("struct A { 1: i32 good, 2: nope bad, 3: string fine }");

        Assert.Equal(["good", "fine"], bound.Binder.FieldsOf(bound.File.Structs[0]).Select(static f => f.Name));
    }

    [Fact]
    public void Bind_ApacheSemantics_DiffersWhereDocumented()
    {
        var apache = CompilerOptions.Default with { Apache = true };

        var implicitIds = Idl.Bind("struct S { i32 a, i32 b, 0x10: i32 c }", apache);
        Assert.Equal([-1, -2, 16], implicitIds.Binder.FieldsOf(implicitIds.File.Structs[0]).Select(static f => (int)f.Id));
        var thriftgo = Idl.Bind("struct S { i32 a, 5: i32 b, i32 c }");
        Assert.Equal([1, 5, 6], thriftgo.Binder.FieldsOf(thriftgo.File.Structs[0]).Select(static f => (int)f.Id));
        Assert.Empty(Idl.Ids("enum E { A = 1, B = 1 }", apache));
        Assert.True(Assert.Single(Idl.Bind("const string A = \"\\q\"", apache).Diagnostics).IsError);
        Assert.Equal(["TS0004"], Idl.Ids("const string A = \"a\nb\"", apache));
        Assert.Empty(Idl.Ids("const string A = \"a\nb\""));
    }

    [Fact]
    public void ToString_OfADiagnostic_IsWhatMSBuildReads()
    {
        Assert.Equal("test.thrift(1,15): error TS0025: undefined type: \"X\".", Assert.Single(Idl.Bind("struct S { 1: X a }").Diagnostics).ToString());
    }
}
