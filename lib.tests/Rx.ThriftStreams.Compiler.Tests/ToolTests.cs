using System.Text.Json;
using Rx.ThriftStreams.Compiler.Semantics;
using Rx.ThriftStreams.Tool;

namespace Rx.ThriftStreams.Compiler.Tests;

/// <summary>The command-line tool, run in the process.</summary>
public sealed class ToolTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("thriftstreams").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Gen_FileWithInclude_WritesTheSameCodeAsTheBuild()
    {
        var main = Write("main.thrift", "namespace csharp M include \"common.thrift\" struct A { 1: common.B b }");
        Write("inc/common.thrift", "namespace csharp C struct B {}");

        var (code, output, error) = Run("gen", main, "--out", Path.Combine(_directory, "out"), "-I", Path.Combine(_directory, "inc"));

        Assert.Equal((0, ""), (code, error));
        Assert.Contains("2 files written", output, StringComparison.Ordinal);
        var expected = Idl.Emit(CompilerOptions.Default, ("main.thrift", File.ReadAllText(main)), ("common.thrift", "namespace csharp C struct B {}"));
        Assert.Equal(expected[0].Text, File.ReadAllText(Path.Combine(_directory, "out", "main.A.g.cs")));
        Assert.Equal(expected[1].Text, File.ReadAllText(Path.Combine(_directory, "out", "common.B.g.cs")));
    }

    [Fact]
    public void Gen_Options_AreApplied()
    {
        var main = Write("main.thrift", "service S { void f() }");

        var (code, _, _) = Run("gen", main, "-o", Path.Combine(_directory, "out"), "--namespace", "X.Y", "--no-async-suffix", "--generate", "server", "--package", "");

        Assert.Equal(0, code);
        Assert.Contains("namespace X.Y;", File.ReadAllText(Path.Combine(_directory, "out", "main.IS.g.cs")), StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(_directory, "out", "main.SClient.g.cs")));
        Assert.Contains("new(\"\", \"S\", \"f\"", File.ReadAllText(Path.Combine(_directory, "out", "main.SDescriptor.g.cs")), StringComparison.Ordinal);
    }

    [Fact]
    public void Gen_FileWithErrors_WritesNothing()
    {
        var main = Write("main.thrift", "struct A { 1: Nope n }");

        var (code, _, error) = Run("gen", main, "--out", Path.Combine(_directory, "out"));

        Assert.Equal(1, code);
        Assert.Equal($"{main}(1,15): error TS0025: undefined type: \"Nope\".", error.Trim());
        Assert.False(Directory.Exists(Path.Combine(_directory, "out")));
    }

    [Fact]
    public void Check_MissingInclude_SaysHowToNameItsDirectory()
    {
        var (code, output, _) = Run("check", Write("main.thrift", "include \"common.thrift\""));

        Assert.Equal(1, code);
        Assert.Contains("Name its directory with --include.", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_Json_IsAnArrayOfFindings()
    {
        var (code, output, _) = Run("check", "--json", Write("main.thrift", "struct A { i32 a }"));

        Assert.Equal(0, code);
        var found = Assert.Single(JsonDocument.Parse(output).RootElement.EnumerateArray());
        Assert.Equal("TS0037", found.GetProperty("id").GetString());
        Assert.Equal("warning", found.GetProperty("severity").GetString());
        Assert.Equal(16, found.GetProperty("column").GetInt32());
    }

    [Fact]
    public void Check_WarningsAsErrors_ChangeTheExitCode()
    {
        Assert.Equal(1, Run("check", "--warnaserror", Write("main.thrift", "struct A { i32 a }")).Code);
        Assert.Equal(0, Run("check", "--warnaserror", Write("clean.thrift", "struct A { 1: i32 a }")).Code);
    }

    [Fact]
    public void Format_ThreeWays_PrintsComparesAndWrites()
    {
        var file = Write("main.thrift", "struct A{1:i32 a}");

        Assert.Equal((0, "struct A {\n    1: i32 a,\n}\n", ""), Run("format", file));
        Assert.Equal((1, file, ""), Trim(Run("format", "--check", file)));
        Assert.Equal((0, file, ""), Trim(Run("format", "--write", file)));
        Assert.Equal((0, "", ""), Run("format", "--check", file));
        Assert.Equal(2, Run("format", "--check", "--write", file).Code);
    }

    [Theory]
    [InlineData("gen", "missing.thrift", "--out", "x")]
    [InlineData("check", "missing.thrift")]
    [InlineData("format", "missing.thrift")]
    public void Run_MissingFile_IsNamed(params string[] args)
    {
        var (code, _, error) = Run(args);

        Assert.Equal(2, code);
        Assert.Equal("error: The file \"missing.thrift\" does not exist.", error.Trim());
    }

    [Theory]
    [InlineData("gen")]
    [InlineData("nonsense")]
    [InlineData("check", "--what")]
    public void Run_WrongUsage_ReturnsTwo(params string[] args) => Assert.Equal(2, Run(args).Code);

    [Theory]
    [InlineData("gen")]
    [InlineData("check")]
    [InlineData("format")]
    public void Run_Help_ListsTheCommand(string command)
    {
        Assert.Contains(command, Run("--help").Output, StringComparison.Ordinal);
        Assert.Contains("Usage:", Run(command, "--help").Output, StringComparison.Ordinal);
    }

    private static (int, string, string) Trim((int Code, string Output, string Error) result) => (result.Code, result.Output.Trim(), result.Error);

    private static (int Code, string Output, string Error) Run(params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = CommandLine.Run(args, output, error);
        return (code, output.ToString(), error.ToString());
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(_directory, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }
}
