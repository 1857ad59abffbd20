using System.Text.Json;
using Rx.ThriftStreams.Compiler.Semantics;

namespace Rx.ThriftStreams.Compiler.Tests;

/// <summary>The command-line tool, run in the process.</summary>
public sealed class ToolTests : IDisposable
{
    private readonly ToolRun _tool = new();

    public void Dispose() => _tool.Dispose();

    [Fact]
    public void Gen_FileWithInclude_WritesTheSameCodeAsTheBuild()
    {
        var main = _tool.Write("main.thrift", "namespace csharp M include \"common.thrift\" struct A { 1: common.B b }");
        _tool.Write("inc/common.thrift", "namespace csharp C struct B {}");

        var (code, output, error) = ToolRun.Run("gen", main, "--out", Path.Combine(_tool.Directory, "out"), "-I", Path.Combine(_tool.Directory, "inc"));

        Assert.Equal((0, ""), (code, error));
        Assert.Contains("2 files written", output, StringComparison.Ordinal);
        var expected = Idl.Emit(CompilerOptions.Default, ("main.thrift", File.ReadAllText(main)), ("common.thrift", "namespace csharp C struct B {}"));
        Assert.Equal(expected[0].Text, File.ReadAllText(Path.Combine(_tool.Directory, "out", "main.A.g.cs")));
        Assert.Equal(expected[1].Text, File.ReadAllText(Path.Combine(_tool.Directory, "out", "common.B.g.cs")));
    }

    [Fact]
    public void Gen_Options_AreApplied()
    {
        var main = _tool.Write("main.thrift", "service S { void f() }");

        var (code, _, _) = ToolRun.Run("gen", main, "-o", Path.Combine(_tool.Directory, "out"), "--namespace", "X.Y", "--no-async-suffix", "--generate", "server", "--package", "");

        Assert.Equal(0, code);
        Assert.Contains("namespace X.Y;", File.ReadAllText(Path.Combine(_tool.Directory, "out", "main.IS.g.cs")), StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(_tool.Directory, "out", "main.SClient.g.cs")));
        Assert.Contains("new(\"\", \"S\", \"f\"", File.ReadAllText(Path.Combine(_tool.Directory, "out", "main.SDescriptor.g.cs")), StringComparison.Ordinal);
    }

    [Fact]
    public void Gen_FileWithErrors_WritesNothing()
    {
        var main = _tool.Write("main.thrift", "struct A { 1: Nope n }");

        var (code, _, error) = ToolRun.Run("gen", main, "--out", Path.Combine(_tool.Directory, "out"));

        Assert.Equal(1, code);
        Assert.Equal($"{main}(1,15): error TS0025: undefined type: \"Nope\".", error.Trim());
        Assert.False(Directory.Exists(Path.Combine(_tool.Directory, "out")));
    }

    [Fact]
    public void Check_MissingInclude_SaysHowToNameItsDirectory()
    {
        var (code, output, _) = ToolRun.Run("check", _tool.Write("main.thrift", "include \"common.thrift\""));

        Assert.Equal(1, code);
        Assert.Contains("Name its directory with --include.", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_Json_IsAnArrayOfFindings()
    {
        var (code, output, _) = ToolRun.Run("check", "--output-format", "json", _tool.Write("main.thrift", "struct A { i32 a }"));

        Assert.Equal(0, code);
        var found = Assert.Single(JsonDocument.Parse(output).RootElement.EnumerateArray());
        Assert.Equal("TS0037", found.GetProperty("id").GetString());
        Assert.Equal("warning", found.GetProperty("severity").GetString());
        Assert.Equal(16, found.GetProperty("column").GetInt32());
    }

    [Fact]
    public void Check_WarningsAsErrors_ChangeTheExitCode()
    {
        Assert.Equal(1, ToolRun.Run("check", "--warnaserror", _tool.Write("main.thrift", "struct A { i32 a }")).Code);
        Assert.Equal(0, ToolRun.Run("check", "--warnaserror", _tool.Write("clean.thrift", "struct A { 1: i32 a }")).Code);
    }

    [Fact]
    public void Format_ThreeWays_PrintsComparesAndWrites()
    {
        var file = _tool.Write("main.thrift", "struct A{1:i32 a}");

        Assert.Equal((0, "struct A {\n    1: i32 a,\n}\n", ""), ToolRun.Run("format", file));
        Assert.Equal((1, file, ""), Trim(ToolRun.Run("format", "--check", file)));
        Assert.Equal((0, file, ""), Trim(ToolRun.Run("format", "--write", file)));
        Assert.Equal((0, "", ""), ToolRun.Run("format", "--check", file));
        Assert.Equal(2, ToolRun.Run("format", "--check", "--write", file).Code);
    }

    [Theory]
    [InlineData("gen", "missing.thrift", "--out", "x")]
    [InlineData("check", "missing.thrift")]
    [InlineData("format", "missing.thrift")]
    public void Run_MissingFile_IsNamed(params string[] args)
    {
        var (code, _, error) = ToolRun.Run(args);

        Assert.Equal(2, code);
        Assert.Equal("error: The file \"missing.thrift\" does not exist.", error.Trim());
    }

    [Theory]
    [InlineData("gen")]
    [InlineData("nonsense")]
    [InlineData("check", "--what")]
    public void Run_WrongUsage_ReturnsTwo(params string[] args) => Assert.Equal(2, ToolRun.Run(args).Code);

    [Theory]
    [InlineData("gen")]
    [InlineData("check")]
    [InlineData("format")]
    public void Run_Help_ListsTheCommand(string command)
    {
        Assert.Contains(command, ToolRun.Run("--help").Output, StringComparison.Ordinal);
        Assert.Contains("Usage:", ToolRun.Run(command, "--help").Output, StringComparison.Ordinal);
    }

    private static (int, string, string) Trim((int Code, string Output, string Error) result) => (result.Code, result.Output.Trim(), result.Error);

    [Fact]
    public void Check_Sarif_IsALogOfVersion210()
    {
        var file = _tool.Write("a b.thrift", "struct A { i32 a }\nstruct B { 1: Nope n }");

        var (code, output, _) = ToolRun.Run("check", "--output-format", "sarif", file);

        Assert.Equal(1, code);
        var log = JsonDocument.Parse(output).RootElement;
        Assert.Equal("2.1.0", log.GetProperty("version").GetString());
        var run = Assert.Single(log.GetProperty("runs").EnumerateArray());
        Assert.Equal(["TS0025", "TS0037"], run.GetProperty("tool").GetProperty("driver").GetProperty("rules").EnumerateArray().Select(static r => r.GetProperty("id").GetString()));
        var results = run.GetProperty("results").EnumerateArray().ToList();
        Assert.Equal(["warning", "error"], results.Select(static r => r.GetProperty("level").GetString()));
        var place = results[1].GetProperty("locations")[0].GetProperty("physicalLocation");
        Assert.EndsWith("/a%20b.thrift", place.GetProperty("artifactLocation").GetProperty("uri").GetString(), StringComparison.Ordinal);
        Assert.StartsWith("file:///", place.GetProperty("artifactLocation").GetProperty("uri").GetString(), StringComparison.Ordinal);
        Assert.Equal((2, 15), (place.GetProperty("region").GetProperty("startLine").GetInt32(), place.GetProperty("region").GetProperty("startColumn").GetInt32()));
        Assert.Equal(0, results[1].GetProperty("ruleIndex").GetInt32());
    }

    [Fact]
    public void Files_DirectoriesAndGlobs_AreExpandedInOrder()
    {
        _tool.Write("idl/b.thrift", "struct B{}");
        _tool.Write("idl/sub/a.thrift", "struct A{}");
        _tool.Write("idl/sub/readme.txt", "no");

        string[] both = [Path.Combine(_tool.Directory, "idl") + "/b.thrift", Path.Combine(_tool.Directory, "idl") + "/sub/a.thrift"];
        Assert.Equal(both, Lines(ToolRun.Run("format", "--check", Path.Combine(_tool.Directory, "idl"))));
        Assert.Equal(both, Lines(ToolRun.Run("format", "--check", Path.Combine(_tool.Directory, "idl", "**", "*.thrift"))));
        Assert.Equal(both[1..], Lines(ToolRun.Run("format", "--check", Path.Combine(_tool.Directory, "idl", "s*", "*.thrift"))));
        var (code, _, error) = ToolRun.Run("check", Path.Combine(_tool.Directory, "*.nothing"));
        Assert.Equal(2, code);
        Assert.StartsWith("error: No file matches ", error, StringComparison.Ordinal);

        static string[] Lines((int Code, string Output, string Error) run) => run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
