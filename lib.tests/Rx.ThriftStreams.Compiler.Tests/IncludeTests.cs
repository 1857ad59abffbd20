using System.Globalization;
using Rx.ThriftStreams.Compiler.Semantics;

namespace Rx.ThriftStreams.Compiler.Tests;

/// <summary>Graphs of files: names that meet, the order of directories, cycles, and thousands of files.</summary>
public sealed class IncludeTests : IDisposable
{
    private readonly ToolRun _tool = new();

    public void Dispose() => _tool.Dispose();

    [Fact]
    public void Check_TwoIncludesOfOneBaseName_ResolveSymbolBySymbol()
        => Assert.Equal((0, "", ""), ToolRun.Run("check", ToolRun.Case("two-includes/both.thrift")));

    [Theory]
    [InlineData("struct S { 1: b.T t }")]
    [InlineData("service S extends b.Sv {}")]
    public void Bind_SymbolInTwoIncludesOfOneBaseName_IsAmbiguous(string use)
    {
        var bound = Idl.Bind(
            CompilerOptions.Default,
            ("a.thrift", "include \"x/b.thrift\"\ninclude \"y/b.thrift\"\n" + use),
            ("x/b.thrift", "struct T {} service Sv {}"),
            ("y/b.thrift", "struct T {} service Sv {}"));

        Assert.Equal("TS0022", Assert.Single(bound[0].Diagnostics).Id);
        Assert.EndsWith("is declared in two included files of one name, x/b.thrift and y/b.thrift.", bound[0].Diagnostics[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Gen_TwoFilesOfOneBaseName_AreNumberedAsInTheBuild()
    {
        var (code, _, error) = ToolRun.Run("gen", ToolRun.Case("base-name/common.thrift"), "--out", Path.Combine(_tool.Directory, "out"));

        Assert.Equal((0, ""), (code, error));
        Assert.Equal(["common.2.Leaf.g.cs", "common.Leaf.g.cs"], Directory.GetFiles(Path.Combine(_tool.Directory, "out")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Contains("namespace Out;", File.ReadAllText(Path.Combine(_tool.Directory, "out", "common.Leaf.g.cs")), StringComparison.Ordinal);
    }

    [Fact]
    public void CheckAndGen_OneTypeFromTwoFiles_IsReportedAtTheSecond()
    {
        var main = ToolRun.Case("same-name/type-twice.thrift");
        var (code, output, _) = ToolRun.Run("check", main);

        Assert.Equal(1, code);
        Assert.StartsWith(main + "(3,8): error TS0028: The C# type \"SharedNs.Item\" is already generated from ", output, StringComparison.Ordinal);
        Assert.Equal(1, ToolRun.Run("gen", main, "--out", Path.Combine(_tool.Directory, "out")).Code);
        Assert.False(Directory.Exists(Path.Combine(_tool.Directory, "out")));
    }

    [Fact]
    public void DeclaredTypes_OfTheCatalogue_AreThoseOfTheGeneratedFiles()
    {
        foreach (var name in EmittedCodeTests.Catalogue.Select(static c => c.Data))
        {
            var bound = Idl.Bind(CompilerOptions.Default, (name + ".thrift", File.ReadAllText(Path.Combine(EmittedCodeTests.CataloguePath, name + ".thrift"))))[0];

            Assert.Equal(Emit.FileEmitter.Emit(bound).Select(static f => f.TypeName).Order(StringComparer.Ordinal), DeclaredTypes.Of(bound.File).Select(static t => t.Name).Order(StringComparer.Ordinal));
        }
    }

    [Theory]
    [InlineData(false, "base.Right")]
    [InlineData(true, "sub.Right")]
    public void Include_InASubdirectory_IsFoundInTheOrderOfTheSemantics(bool apache, string expected)
    {
        // Both directories have a common.thrift: thriftgo looks from the current directory first, Apache Thrift beside the including file.
        var bound = Idl.Bind(
            CompilerOptions.Default with { Apache = apache },
            ("sub/order.thrift", "include \"common.thrift\"\nstruct Order { 1: common.Right id }"),
            ("common.thrift", "namespace csharp base\nstruct Right {}"),
            ("sub/common.thrift", "namespace csharp sub\nstruct Right {}"));

        Assert.Equal("global::" + expected.Replace("base", "@base", StringComparison.Ordinal), bound[0].Binder.FieldsOf(bound[0].File.Structs[0])[0].Type.Struct.GlobalName);
    }

    [Fact]
    public void Gen_ApacheIncludeOrder_TakesTheFileBesideTheIncludingOne()
    {
        // As Apache's compiler: the id is the string of sub/common.thrift. The two files make one C# type, so only what order.thrift sees is looked at.
        var sources = Rx.ThriftStreams.Tool.SourceLoader.Load([ToolRun.Case("include-order/root.thrift")], [], CompilerOptions.Default with { Apache = true }, CompilerOptions.Default with { Apache = true });

        Assert.Equal(["root.thrift", "order.thrift", "common.thrift"], sources.All.Select(static f => Path.GetFileName(f.Path)));
        Assert.EndsWith("sub/common.thrift", sources.All[2].Path.Replace('\\', '/'), StringComparison.Ordinal);
    }

    [Fact]
    public void Bind_LongCycle_IsShownShortened()
    {
        var files = Enumerable.Range(0, 40).Select(static i => ($"f{i}.thrift", $"include \"f{(i + 1) % 40}.thrift\"")).ToArray();

        var message = Assert.Single(Idl.Bind(CompilerOptions.Default, files)[0].Diagnostics).Message;

        Assert.Equal("Include cycle: f0 → f1 → f2 → f3 → f4 → f5 → … → f35 → f36 → f37 → f38 → f39 → f0.", message);
    }

    [Fact]
    public void Bind_ThousandsOfFiles_DeclaresOnlyWhatIsUsed()
    {
        // A chain of 2,000 files, each with a struct of the next, and one file that all include.
        const int Count = 2000;
        var files = Enumerable.Range(0, Count).Select(static i => (Path: string.Create(CultureInfo.InvariantCulture, $"f{i}.thrift"), Text: i == Count - 1
            ? "include \"hub.thrift\" struct S { 1: hub.H h }"
            : string.Create(CultureInfo.InvariantCulture, $"include \"f{i + 1}.thrift\" include \"hub.thrift\" struct S {{ 1: f{i + 1}.S next, 2: hub.H h }}"))).Append(("hub.thrift", "struct H {}")).ToArray();
        var before = GC.GetAllocatedBytesForCurrentThread();

        var bound = Idl.Bind(CompilerOptions.Default, files);

        Assert.All(bound, static b => Assert.Empty(b.Diagnostics));
        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / Count, 0, 60_000);
    }
}
