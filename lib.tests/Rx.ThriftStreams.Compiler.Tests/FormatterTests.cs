using CsCheck;
using Rx.ThriftStreams.Compiler.Diagnostics;
using Rx.ThriftStreams.Compiler.Formatting;
using Rx.ThriftStreams.Compiler.Syntax;
using Rx.ThriftStreams.Compiler.Text;

namespace Rx.ThriftStreams.Compiler.Tests;

public sealed class FormatterTests
{
    [Fact]
    public void Format_UntidyFile_GivesCanonicalForm()
    {
        const string Untidy = """
            # head

            namespace   go  a.b ; namespace csharp A.B
            include "x.thrift"
            include 'y.thrift'  // why
            const  i32 A=1;
            const map<string,list< i32 >> B={"a":[1,2 ,3],"b" : [ ] , } // tail
            typedef  map<i32,string>   M
            /** doc
                * more
              */
            struct S{ 1:i32 a=5 ; /* before b */
            2 : optional list<string>b (k="v",  go.tag = 'x'), // about b


                // own line
                3: required map<string , i32>   c
                // last
            }(a="b")
            enum E{A,B=2 // two
            ; C}
            enum Empty { }
            service X extends y.Z{ S f(1:S req) ( streaming.mode = "server" ) ; oneway void g ( ) void h(1: i32 a, 2:i32 b)throws(1:x.E e)
            }(d="e")
            // the end
            """;
        const string Canonical = """
            # head

            namespace go a.b
            namespace csharp A.B

            include "x.thrift"
            include 'y.thrift' // why

            const i32 A = 1
            const map<string, list<i32>> B = { "a": [1, 2, 3], "b": [] } // tail
            typedef map<i32, string> M

            /** doc
             * more
             */
            struct S {
                1: i32 a = 5, /* before b */
                2: optional list<string> b (k="v", go.tag='x'), // about b

                // own line
                3: required map<string, i32> c,
                // last
            } (a="b")

            enum E {
                A,
                B = 2, // two
                C,
            }

            enum Empty {}

            service X extends y.Z {
                S f(1: S req) (streaming.mode="server"),
                oneway void g(),
                void h(1: i32 a, 2: i32 b) throws (1: x.E e),
            } (d="e")
            // the end

            """;
        Assert.Equal(Canonical.ReplaceLineEndings("\n"), Format(Untidy));
    }

    [Fact]
    public void Format_LongLists_AreBroken()
    {
        var text = "const list<string> A = [" + string.Join(",", Enumerable.Range(0, 20).Select(static i => "\"element" + i + "\"")) + "]";

        var formatted = Format(text);

        Assert.StartsWith("const list<string> A = [\n    \"element0\",\n", formatted, StringComparison.Ordinal);
        Assert.EndsWith("    \"element19\",\n]\n", formatted, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(", /* c */,struct S {}", "/* c */\nstruct S {}\n")]
    [InlineData("; // c\n; // d\n\nstruct S {}", "// c\n// d\nstruct S {}\n")]
    [InlineData("// b\n, /* c */ ;", "// b\n/* c */\n")]
    public void Format_CommentsBetweenSeparatorsAtTheStart_AreKept(string text, string expected)
    {
        Assert.Equal(expected, Format(text));
        Check(text);
    }

    [Fact]
    public void Format_SyntaxError_GivesNothingButTheError()
    {
        Assert.Null(IdlFormatter.Format(new IdlText("a.thrift", "struct {"), out var diagnostics));
        Assert.Equal("TS0002", Assert.Single(diagnostics).Id);
    }

    [Theory]
    [MemberData(nameof(EmittedCodeTests.Catalogue), MemberType = typeof(EmittedCodeTests))]
    public void Format_CatalogueFile_KeepsMeaningAndIsIdempotent(string name) => Check(File.ReadAllText(Path.Combine(EmittedCodeTests.CataloguePath, name + ".thrift")));

    [Fact]
    public void Format_CommentsAnywhere_AreKeptAndStable()
    {
        string[] pieces =
        [
            "include", "\"x\"", "struct", "S", "{", "1", ":", "optional", "map", "<", "string", ",", "list", "<", "i32", ">", ">", "f", "=", "{", "\"a\"", ":", "[", "1", ",", "2", "]", "}",
            "(", "k", "=", "\"v\"", ",", "k2", "=", "\"w\"", ")", ",", "2", ":", "i32", "g", "}", "enum", "E", "{", "A", "=", "1", ";", "B", "}", "service", "X", "extends", "Y", "{",
            "oneway", "void", "f", "(", "1", ":", "i32", "a", ",", "2", ":", "i32", "b", ")", "throws", "(", "1", ":", "E", "e", ")", "(", "q", "=", "\"r\"", ")", ",", "i32", "g", "(", ")", "}", "const", "i32", "C", "=", "4",
        ];
        string[] gaps = [" ", "\n", "\n\n\n", " // c\n", "\n// c\n", " /* c */ ", "\n/* c\n * d\n */\n", " # c\n# d\n", "\n\n// c\n\n"];
        Gen.Int[0, 60].Select(Gen.Int[0, gaps.Length - 1]).Array[pieces.Length].Sample(choice =>
        {
            var text = string.Concat(pieces.Select((p, i) => p + (choice[i].Item1 < 12 ? gaps[choice[i].Item2] : " ")));
            Check(text);
        }, iter: 3000);
    }

    internal static void Check(string text)
    {
        var once = Format(text);

        Assert.Equal(once, Format(once));
        Assert.Equal(Tokens(text), Tokens(once));
        Assert.Equal(Comments(text).Order(StringComparer.Ordinal), Comments(once).Order(StringComparer.Ordinal));
    }

    private static string Format(string text)
    {
        var formatted = IdlFormatter.Format(new IdlText("a.thrift", text), out var diagnostics);
        Assert.Empty(diagnostics.Where(static d => d.IsError).Select(static d => d.ToString()));
        return formatted!;
    }

    // Separators may come and go; everything else stays.
    private static List<string> Tokens(string text)
    {
        var source = new IdlText("a.thrift", text);
        return [.. Lexer.Scan(source, false, new DiagnosticBag()).Tokens.Where(static t => t.Kind is not TokenKind.Comma and not TokenKind.Semicolon).Select(t => source.Slice(t.Span))];
    }

    private static List<string> Comments(string text)
    {
        var source = new IdlText("a.thrift", text);
        return [.. Lexer.Scan(source, false, new DiagnosticBag()).Comments.Select(c => string.Concat(source.Slice(new TextSpan(c.Start, c.Length)).Where(static x => !char.IsWhiteSpace(x))))];
    }
}
