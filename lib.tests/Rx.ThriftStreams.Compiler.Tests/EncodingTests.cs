using System.Text;

namespace Rx.ThriftStreams.Compiler.Tests;

/// <summary>Files that are not plain UTF-8: what cannot be read is reported, and what is written back keeps its form.</summary>
public sealed class EncodingTests : IDisposable
{
    private const string Canonical = "// 日本\nstruct S {\n    1: i32 x,\n}\n";

    private readonly ToolRun _tool = new();

    public static TheoryData<Encoding> Marked => [new UTF8Encoding(true), new UnicodeEncoding(false, true), new UnicodeEncoding(true, true), new UTF32Encoding(false, true)];

    public void Dispose() => _tool.Dispose();

    [Fact]
    public void Check_FileThatIsNotUtf8_IsAnErrorInAValueAndAWarningInAComment()
    {
        var (code, output, _) = ToolRun.Run("check", ToolRun.Case("not-utf8.thrift"));

        Assert.Equal(1, code);
        Assert.Contains("(1,1): warning TS0011: ", output, StringComparison.Ordinal);
        Assert.Contains("(2,22): error TS0011: ", output, StringComparison.Ordinal);
        Assert.Equal(0, ToolRun.Run("check", _tool.Write("comment.thrift", [.. "// "u8, 0xD6, 0xD0, .. "\nstruct S {}\n"u8])).Code);
    }

    [Fact]
    public void Format_FileThatIsNotUtf8_LeavesItsBytesAlone()
    {
        byte[] bytes = [.. "// "u8, 0xD6, 0xD0, 0xCE, 0xC4, .. "\nstruct Note{1:string text}\n"u8];
        var path = _tool.Write("note.thrift", bytes);

        var (code, _, error) = ToolRun.Run("format", "--write", path);

        Assert.Equal(1, code);
        Assert.Contains("(1,4): error TS0011: ", error, StringComparison.Ordinal);
        Assert.Equal(bytes, File.ReadAllBytes(path));
    }

    [Theory]
    [MemberData(nameof(Marked))]
    public void Format_FileWithAByteOrderMark_KeepsItsEncoding(Encoding encoding)
    {
        var path = _tool.Write("a.thrift", [.. encoding.GetPreamble(), .. encoding.GetBytes("// 日本\nstruct S{1:i32 x}")]);

        Assert.Equal(0, ToolRun.Run("format", "--write", path).Code);

        Assert.Equal([.. encoding.GetPreamble(), .. encoding.GetBytes(Canonical)], File.ReadAllBytes(path));
        Assert.Equal([], ToolRun.Check(path));
    }

    [Fact]
    public void Format_FileWithCarriageReturns_KeepsThem()
    {
        var path = _tool.Write("crlf.thrift", File.ReadAllBytes(ToolRun.Case("crlf.thrift")));

        Assert.Equal(0, ToolRun.Run("format", "--write", path).Code);

        Assert.Equal("struct S {\r\n    1: i32 x,\r\n}\r\n", File.ReadAllText(path));
        Assert.Equal((0, "", ""), ToolRun.Run("format", "--check", path));
    }

    [Fact]
    public void Format_LiteralOverTwoLines_KeepsItsOwnLineEnd()
    {
        const string Text = "const string A = \"a\nb\"\r\n";
        var mixed = "/* c\r\n * d */\r\n" + Text;

        Assert.Equal("/* c\r\n * d */\r\n" + Text, Format(mixed));
    }

    private static string Format(string text) => Formatting.IdlFormatter.Format(new Rx.ThriftStreams.Compiler.Text.IdlText("a.thrift", text), out _)!;
}
