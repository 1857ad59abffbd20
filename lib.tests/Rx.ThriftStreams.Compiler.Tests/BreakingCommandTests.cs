using System.Diagnostics;
using System.Text.Json;

namespace Rx.ThriftStreams.Compiler.Tests;

/// <summary><c>thriftstreams breaking</c> and <c>trim</c>.</summary>
public sealed class BreakingCommandTests : IDisposable
{
    private readonly ToolRun _tool = new();

    public void Dispose() => _tool.Dispose();

    [Fact]
    public void Breaking_TwoFiles_ReportsInTheNewOne()
    {
        var old = _tool.Write("old.thrift", "struct S { 1: i32 a }");
        var current = _tool.Write("new.thrift", "namespace csharp Old\nstruct S { 1: string a }");

        Assert.Equal((1, $"{current}(2,22): error TB101: S.a changed its type from i32 to string: peers skip values of the type that they do not expect."), Lines(ToolRun.Run("breaking", "--level", "wire", old, current)));
        Assert.Equal(0, ToolRun.Run("breaking", old, old).Code);
        Assert.Equal(2, ToolRun.Run("breaking", old).Code);
    }

    [Fact]
    public void Breaking_TwoDirectories_ComparesFilesWithTheirIncludes()
    {
        _tool.Write("old/a.thrift", "namespace csharp A include \"inc/b.thrift\" struct S { 1: b.T t }");
        _tool.Write("old/inc/b.thrift", "namespace csharp B struct T { 1: i32 x }");
        _tool.Write("new/a.thrift", "namespace csharp A include \"inc/b.thrift\" struct S { 1: b.T t }");
        var changed = _tool.Write("new/inc/b.thrift", "namespace csharp B struct T { 1: i64 x }");

        var (code, output) = Lines(ToolRun.Run("breaking", Path.Combine(_tool.Directory, "old"), Path.Combine(_tool.Directory, "new")));

        Assert.Equal(1, code);
        Assert.Equal($"{changed}(1,38): error TB101: T.x changed its type from i32 to i64: peers skip values of the type that they do not expect.", output);
    }

    [Fact]
    public void Breaking_IgnoredChange_IsInJsonAndSarifWithItsReason()
    {
        var old = _tool.Write("old.thrift", "namespace csharp N struct S { 1: i32 a }");
        var current = _tool.Write("new.thrift", "namespace csharp N struct S {}");
        string[] args = ["breaking", old, current, "--ignore", "TB203 S.a: nobody has it"];

        Assert.Equal((0, "", ""), ToolRun.Run(args));
        var json = Assert.Single(JsonDocument.Parse(ToolRun.Run([.. args, "--output-format", "json"]).Output).RootElement.EnumerateArray());
        Assert.Equal(("TB203", "nobody has it"), (json.GetProperty("id").GetString(), json.GetProperty("ignored").GetString()));
        var sarif = JsonDocument.Parse(ToolRun.Run([.. args, "--output-format", "sarif"]).Output).RootElement.GetProperty("runs")[0].GetProperty("results")[0];
        Assert.Equal("nobody has it", sarif.GetProperty("suppressions")[0].GetProperty("justification").GetString());
        Assert.Equal(2, ToolRun.Run("breaking", old, current, "--ignore", "TB203").Code);
        Assert.Equal(1, ToolRun.Run("breaking", old, current).Code);
    }

    [Fact]
    public void Breaking_VersionWithErrors_ReportsThemAlone()
    {
        var old = _tool.Write("old.thrift", "struct S { 1: Nope a }");

        var (code, output) = Lines(ToolRun.Run("breaking", old, _tool.Write("new.thrift", "")));

        Assert.Equal(1, code);
        Assert.Equal($"{old}(1,15): error TS0025: undefined type: \"Nope\".", output);
    }

    [Fact]
    public void Breaking_AgainstADirectory_FindsTheCounterpartOfEachPath()
    {
        _tool.Write("idl/a.thrift", "namespace csharp N struct S {}");
        _tool.Write("copy/idl/a.thrift", "namespace csharp N struct S { 1: i32 a }");

        // A process of its own, since the paths are counted from the current directory.
        Assert.Equal("idl/a.thrift(1,27): error TB203: S.a, id 1, is gone. Do not give the id to another field.", Tool("breaking", "idl", "--against", "copy").Output.Trim());
        Assert.Equal((2, "", "error: The directory \"missing\" does not exist."), Tool("breaking", "idl", "--against", "missing"));
    }

    [Fact]
    public void Breaking_AgainstARevision_ReadsTheOldFilesFromGit()
    {
        _tool.Write("idl/a.thrift", "namespace csharp N\nstruct S { 1: i32 a }");
        _tool.Write("idl/gone.thrift", "namespace csharp G\nstruct G {}");
        Git("init", "-q");
        Git("add", "-A");
        Git("-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-q", "-m", "first");
        _tool.Write("idl/a.thrift", "namespace csharp N\nstruct S { 1: i64 a }");
        File.Delete(Path.Combine(_tool.Directory, "idl", "gone.thrift"));

        var (code, output, error) = Tool("breaking", "idl", "--against", "git:HEAD", "--level", "file");

        Assert.Equal("", error);
        Assert.Equal(1, code);
        Assert.Equal(
            [
                "idl/a.thrift(2,19): error TB101: S.a changed its type from i32 to i64: peers skip values of the type that they do not expect.",
                "idl/gone.thrift(1,1): error TB301: The file idl/gone.thrift is gone.",
                "idl/gone.thrift(1,1): error TB201: The type G is gone.",
            ],
            output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static l => l.Trim()).OrderBy(static l => l.Contains("TB201", StringComparison.Ordinal)).ThenBy(static l => l, StringComparer.Ordinal));
        (code, _, error) = Tool("breaking", "idl", "--against", "git:nothing");
        Assert.Equal(2, code);
        Assert.StartsWith("error: git archive", error, StringComparison.Ordinal);
        Assert.Equal(2, ToolRun.Run("breaking", "idl", "--against", "git:--output=x").Code);
    }

    [Fact]
    public void Trim_SomeMethods_KeepsWhatTheyNeed()
    {
        var main = _tool.Write("idl/main.thrift", """
            namespace csharp M
            include "common/types.thrift"
            include "common/unused.thrift"
            // A constant that a default needs.
            const i32 LIMIT = 5
            const i32 OTHER = 6
            enum Kind { A, B }
            typedef types.Id Key
            /** Kept. */
            struct Query { 1: Key key, 2: i32 limit = LIMIT, 3: Kind kind = Kind.B }
            struct Dropped { 1: unused.U u }
            service Base { void ping(), Dropped drop() }
            service Shop extends Base {
              /** Finds. */
              types.Item find(1: Query query) throws (1: types.Missing missing),
              // Not this one.
              Dropped all(),
            }
            service Gone { void f() }
            """);
        _tool.Write("idl/common/types.thrift", "namespace csharp T\ntypedef string Id\nstruct Item { 1: list<Part> parts }\nstruct Part {}\nstruct Extra {}\nexception Missing {}");
        _tool.Write("idl/common/unused.thrift", "namespace csharp U\nstruct U {}");
        var target = Path.Combine(_tool.Directory, "out");

        var (code, output, error) = ToolRun.Run("trim", main, "--method", "Shop.find", "--method", "Shop.ping", "--out", target);

        Assert.Equal((0, $"2 files written to {target}.", ""), (code, output.Trim(), error));
        Assert.Equal(
            """
            namespace csharp M

            include "common/types.thrift"

            // A constant that a default needs.
            const i32 LIMIT = 5

            enum Kind {
                A,
                B,
            }

            typedef types.Id Key

            /** Kept. */
            struct Query {
                1: Key key,
                2: i32 limit = LIMIT,
                3: Kind kind = Kind.B,
            }

            service Base {
                void ping(),
            }

            service Shop extends Base {
                /** Finds. */
                types.Item find(1: Query query) throws (1: types.Missing missing),
            }

            """.ReplaceLineEndings("\n"),
            File.ReadAllText(Path.Combine(target, "main.thrift")));
        Assert.DoesNotContain("Extra", File.ReadAllText(Path.Combine(target, "common", "types.thrift")), StringComparison.Ordinal);
        Assert.Equal((0, "", ""), ToolRun.Run("check", Path.Combine(target, "main.thrift")));
        Assert.Equal(0, ToolRun.Run("trim", main, "-m", "Shop", "-o", target).Code);
        Assert.Contains("Dropped all()", File.ReadAllText(Path.Combine(target, "main.thrift")), StringComparison.Ordinal);
    }

    [Fact]
    public void Trim_UnknownMethod_IsNamed()
    {
        var (code, _, error) = ToolRun.Run("trim", _tool.Write("a.thrift", "service S { void f() }"), "-m", "S.g", "-o", _tool.Directory);

        Assert.Equal(2, code);
        Assert.Equal("error: No service of the files has \"S.g\". Name a method as Service.method, or all methods of a service as Service.", error.Trim());
    }

    private static (int Code, string Output) Lines((int Code, string Output, string Error) run) => (run.Code, run.Output.Trim());

    private (int Code, string Output, string Error) Tool(params string[] arguments)
    {
        // From its own directory: beside the tests it lacks the assemblies that they take from the framework of ASP.NET Core.
        var configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
        var program = Path.Combine(Repository.Root, "lib/Rx.ThriftStreams.Tool/bin", configuration, "net10.0/thriftstreams.dll");
        var (code, output, error) = Start(_tool.Directory, "dotnet", [program, .. arguments]);
        return (code, output, error.Trim());
    }

    private void Git(params string[] arguments)
    {
        var (code, _, error) = Start(_tool.Directory, "git", arguments);
        Assert.True(code == 0, error);
    }

    private static (int Code, string Output, string Error) Start(string directory, string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = directory, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.GetAwaiter().GetResult());
    }
}
