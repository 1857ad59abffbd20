using CsCheck;
using Rx.ThriftStreams.Compiler.Compatibility;
using Rx.ThriftStreams.Compiler.Emit;
using Rx.ThriftStreams.Compiler.Formatting;
using Rx.ThriftStreams.Compiler.Semantics;
using Rx.ThriftStreams.Compiler.Syntax;
using Rx.ThriftStreams.Compiler.Text;

namespace Rx.ThriftStreams.Compiler.Tests;

/// <summary>
/// Whatever the text, the compiler ends with findings, and the formatter keeps what it formats. Short by default;
/// <c>FUZZ_SECONDS=600</c> runs each of the random tests for that long.
/// </summary>
public sealed class ParserFuzzTests
{
    private static readonly int Seconds = int.TryParse(Environment.GetEnvironmentVariable("FUZZ_SECONDS"), out var seconds) ? seconds : -1;

    private static readonly string[] Words =
    [
        "struct", "union", "exception", "enum", "senum", "service", "const", "typedef", "include", "namespace", "extends", "throws", "required", "optional", "oneway", "async", "void",
        "list", "set", "map", "i32", "string", "uuid", "cpp_type", "xsd_attrs", "xsd_optional", "A", "B", "a.B", "{", "}", "(", ")", "[", "]", "<", ">", ",", ";", ":", "=", "*", "&", "1", "-1", "0x1F",
        "1.5", "\"x\"", "'y'", "\"open", "// c\n", "# c\n", "/* c */", "/** d */", "/* open", "\n", "streaming.mode", "=\"client\"", "?", "@A", "@A{", "package \"x\"", "stream<", "interaction", "\u00e9", "99999999999999999999", "true",
    ];

    [Fact]
    public void Compile_RandomWords_EndsWithFindings()
        => Sample(Gen.Int[0, Words.Length - 1].Array[0, 60], static indexes => Compile(string.Join(' ', indexes.Select(static i => Words[i]))), 40_000);

    [Fact]
    public void Compile_RandomCharacters_EndsWithFindings() => Sample(Gen.String[Gen.Char, 0, 200], Compile, 10_000);

    [Fact]
    public void Compile_RandomBytes_EndsWithFindings()
        => Sample(
            Gen.Byte.Array[0, 200],
            static bytes =>
            {
                var (text, encoding) = IdlEncoding.Decode("a.thrift", bytes);
                Compile(text);
                if (text.IsUnicode && !text.Text.Contains('\uFEFF', StringComparison.Ordinal))
                {
                    Assert.Equal(bytes, encoding.Encode(text.Text));
                }
            },
            10_000);

    [Fact]
    public void Compile_MutatedFiles_EndsWithFindings() => Sample(Mutated(), static pair => Compile(pair.After), 3_000);

    [Fact]
    public void Format_MutatedFiles_KeepsTokensAndComments()
        => Sample(
            Mutated(),
            static pair =>
            {
                if (IdlFormatter.Format(new IdlText("a.thrift", pair.After), out _) is not null)
                {
                    FormatterTests.Check(pair.After);
                }
            },
            3_000);

    [Fact]
    public void Compare_MutatedFiles_EndsWithChanges()
        => Sample(
            Mutated(),
            static pair =>
            {
                var (old, current) = (Idl.Bind(pair.Before), Idl.Bind(pair.After));
                CompatibilityCheck.Run([new VersionedFile("a", old)], [new VersionedFile("a", current)], CompatibilityLevel.File);
                Assert.DoesNotContain(CompatibilityCheck.Run([new VersionedFile("a", current)], [new VersionedFile("a", current)], CompatibilityLevel.File), static c => c.Diagnostic.Id != "TB001");
            },
            1_000);

    private static void Sample<T>(Gen<T> gen, Action<T> check, int count)
    {
        var samples = 0L;
        gen.Sample(
            sample =>
            {
                Interlocked.Increment(ref samples);
                check(sample);
            },
            iter: count,
            time: Seconds);
        TestContext.Current.TestOutputHelper?.WriteLine($"{samples} samples");
    }

    private static Gen<(string Before, string After)> Mutated()
    {
        var files = Directory.GetFiles(EmittedCodeTests.CataloguePath, "*.thrift").Select(File.ReadAllText).ToArray();
        return Gen.Select(Gen.Int[0, files.Length - 1], Gen.Select(Gen.Double[0, 1], Gen.Int[0, 30], Gen.Int[0, Words.Length - 1]).Array[1, 4]).Select(
            (file, edits) =>
            {
                var text = files[file];
                foreach (var (place, length, word) in edits)
                {
                    var at = (int)(place * text.Length);
                    text = text.Remove(at, Math.Min(length, text.Length - at)).Insert(at, Words[word]);
                }

                return (files[file], text);
            });
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

    private static void Compile(string text) => Compile(new IdlText("a.thrift", text));

    private static void Compile(IdlText text)
    {
        var source = new SourceFile(Parser.Parse(text), CompilerOptions.Default);
        var bound = Binder.Bind(source, new SourceSet([source]));
        FileEmitter.Emit(bound);
        IdlFormatter.Format(source.Syntax.Source, out _);
        foreach (var found in bound.Diagnostics)
        {
            Assert.InRange(found.Span.End, found.Span.Start, Math.Max(text.Text.Length, found.Span.Start));
        }
    }
}
