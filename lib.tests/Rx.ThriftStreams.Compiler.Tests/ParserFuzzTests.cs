using CsCheck;
using Rx.ThriftStreams.Compiler.Emit;
using Rx.ThriftStreams.Compiler.Formatting;
using Rx.ThriftStreams.Compiler.Semantics;
using Rx.ThriftStreams.Compiler.Syntax;
using Rx.ThriftStreams.Compiler.Text;

namespace Rx.ThriftStreams.Compiler.Tests;

/// <summary>Whatever the text, the compiler ends with findings, not with an exception or never.</summary>
public sealed class ParserFuzzTests
{
    private static readonly string[] Words =
    [
        "struct", "union", "exception", "enum", "senum", "service", "const", "typedef", "include", "namespace", "extends", "throws", "required", "optional", "oneway", "async", "void",
        "list", "set", "map", "i32", "string", "uuid", "cpp_type", "xsd_attrs", "xsd_optional", "A", "B", "a.B", "{", "}", "(", ")", "[", "]", "<", ">", ",", ";", ":", "=", "*", "&", "1", "-1", "0x1F",
        "1.5", "\"x\"", "'y'", "\"open", "// c\n", "# c\n", "/* c */", "/** d */", "/* open", "\n", "streaming.mode", "=\"client\"", "?", "\u00e9", "99999999999999999999", "true",
    ];

    [Fact]
    public void Compile_RandomWords_EndsWithFindings()
        => Gen.Int[0, Words.Length - 1].Array[0, 60].Sample(static indexes => Compile(string.Join(' ', indexes.Select(static i => Words[i]))), iter: 40_000);

    [Fact]
    public void Compile_RandomCharacters_EndsWithFindings() => Gen.String[Gen.Char, 0, 200].Sample(Compile, iter: 10_000);

    [Fact]
    public void Compile_MutatedFiles_EndsWithFindings()
    {
        var files = Directory.GetFiles(EmittedCodeTests.CataloguePath, "*.thrift").Select(File.ReadAllText).ToArray();
        Gen.Select(Gen.Int[0, files.Length - 1], Gen.Select(Gen.Double[0, 1], Gen.Int[0, 30], Gen.Int[0, Words.Length - 1]).Array[1, 4]).Sample(
            (file, edits) =>
            {
                var text = files[file];
                foreach (var (place, length, word) in edits)
                {
                    var at = (int)(place * text.Length);
                    text = text.Remove(at, Math.Min(length, text.Length - at)).Insert(at, Words[word]);
                }

                Compile(text);
            },
            iter: 3_000);
    }

    [Theory]
    [InlineData("typedef list<", "struct A {} ")]
    [InlineData("const list<i32> A = [", "")]
    [InlineData("const map<i32,i32> A = {1:", "")]
    [InlineData("struct A { 1: i32 a xsd_attrs { ", "")]
    public void Compile_DeepNesting_IsAFinding(string repeated, string before)
    {
        var inner = repeated[(repeated.LastIndexOf(' ') + 1)..];
        Compile(before + repeated + string.Concat(Enumerable.Repeat(inner.Length > 1 || inner == "[" ? inner : "1: i32 a xsd_attrs { ", 100_000)));
    }

    [Theory]
    [InlineData("struct A {} service S { A F () (streaming.mode=\"bidirectional\") }")]
    [InlineData("struct A {} service S { A F (1: A a, 1: A a) (streaming.mode=\"client\") }")]
    [InlineData("struct A {} service S { A F (1: list<> a) (streaming.mode=\"bidirectional\") }")]
    [InlineData("struct A {} service S { void F (1: A a) (streaming.mode=\"server\") }")]
    public void Compile_StreamsWithoutTheirMessage_AreFindings(string text) => Compile(text);

    private static void Compile(string text)
    {
        var source = new SourceFile(Parser.Parse(new IdlText("a.thrift", text)), CompilerOptions.Default);
        var bound = Binder.Bind(source, new SourceSet([source]));
        FileEmitter.Emit(bound);
        IdlFormatter.Format(source.Syntax.Source, out _);
        foreach (var found in bound.Diagnostics)
        {
            Assert.InRange(found.Span.End, found.Span.Start, Math.Max(text.Length, found.Span.Start));
        }
    }
}
