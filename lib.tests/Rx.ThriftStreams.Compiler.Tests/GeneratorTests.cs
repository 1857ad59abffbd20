using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Text;
using Rx.ThriftStreams.Compiler.Generator;

namespace Rx.ThriftStreams.Compiler.Tests;

/// <summary>The source generator inside a real compilation.</summary>
public sealed class GeneratorTests
{
    private const string Common = "namespace csharp Common struct Shared { 1: i32 a }";
    private const string User = "namespace csharp User include \"common.thrift\" struct Mine { 1: common.Shared s }";
    private const string Alone = "namespace csharp Alone struct Lonely { 1: i32 a }";

    [Fact]
    public void Run_Project_GeneratesOneFileAType()
    {
        var (result, _) = Run([new Item("/p/idl/echo.thrift", "namespace csharp E struct A {} enum B { X } service C {}")]);

        Assert.Equal(
            [
                "echo.A.g.cs", "echo.B.g.cs", "echo.CBase.g.cs", "echo.CClient.g.cs", "echo.CDescriptor.g.cs", "echo.CRxBase.g.cs", "echo.CRxExtensions.g.cs", "echo.IC.g.cs", "echo.ICRx.g.cs",
            ],
            result.Results[0].GeneratedSources.Select(static s => s.HintName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Run_FileThatIsNoThriftFile_IsIgnored()
    {
        var (result, _) = Run([new Item("/p/other.thrift", "struct A {}") { Type = "None" }]);

        Assert.Empty(result.Results[0].GeneratedSources);
    }

    [Fact]
    public void Run_MistakeInIdl_IsLocatedInTheIdl()
    {
        var (result, _) = Run([new Item("/p/a.thrift", "struct A {\n  1: Reqeust r\n}\nstruct Request {}")]);

        var found = Assert.Single(result.Diagnostics);
        Assert.Equal("TS0025", found.Id);
        Assert.Equal(DiagnosticSeverity.Error, found.Severity);
        Assert.Equal("/p/a.thrift: (1,5)-(1,12)", found.Location.GetLineSpan().ToString());
        Assert.Contains("Did you mean \"Request\"?", found.GetMessage(), StringComparison.Ordinal);
    }

    [Fact]
    public void Run_MissingInclude_SaysWhichLineToAdd()
    {
        var (result, _) = Run([new Item("/p/idl/a.thrift", "include \"base.thrift\"")]);

        Assert.EndsWith("Add <ThriftFile Include=\"idl/base.thrift\" /> to the project.", Assert.Single(result.Diagnostics).GetMessage(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/p/common.thrift", "common.thrift")]
    [InlineData("/p/idl/common.thrift", "common.thrift")]
    [InlineData("/p/shared/idl/common.thrift", "common.thrift")]
    [InlineData("/elsewhere/common.thrift", "common.thrift")]
    [InlineData("/p/x/common.thrift", "../x/./common.thrift")]
    [InlineData("/abs/common.thrift", "/abs/common.thrift")]
    public void Run_Include_IsFoundWhereDocumented(string path, string include)
    {
        var user = User.Replace("common.thrift\"", include + "\"", StringComparison.Ordinal);

        var (result, _) = Run([new Item("/p/idl/user.thrift", user), new Item(path, Common)], ("ThriftIncludePath", "shared/idl;/elsewhere"));

        Assert.Empty(result.Diagnostics);
        Assert.Equal(2, result.Results[0].GeneratedSources.Length);
    }

    [Fact]
    public void Run_ApacheSemantics_CountsImplicitIdsDown()
    {
        var (result, _) = Run([new Item("/p/a.thrift", "struct S { string a }")], ("ThriftSemantics", "apache"));

        Assert.Contains("writer.WriteStringField(-1, ", Assert.Single(result.Results[0].GeneratedSources).SourceText.ToString(), StringComparison.Ordinal);
        Assert.Equal("TS0037", Assert.Single(result.Diagnostics).Id);
    }

    [Fact]
    public void Run_OptionsOfItemAndProject_ItemWins()
    {
        var item = new Item("/p/a.thrift", "service S { void f() }") { Options = { ["Namespace"] = "Mine", ["Package"] = "-" } };
        var (result, _) = Run([item], ("ThriftNamespace", "Project"), ("ThriftAsyncSuffix", "false"), ("ThriftGenerate", "server"));

        var sources = result.Results[0].GeneratedSources.ToDictionary(static s => s.HintName, static s => s.SourceText.ToString());
        Assert.DoesNotContain("a.SClient.g.cs", sources.Keys);
        Assert.Contains("namespace Mine;", sources["a.IS.g.cs"], StringComparison.Ordinal);
        Assert.Contains("Task F(", sources["a.IS.g.cs"], StringComparison.Ordinal);
        Assert.Contains("new(\"\", \"S\", \"f\"", sources["a.SDescriptor.g.cs"], StringComparison.Ordinal);
    }

    [Fact]
    public void Run_UnknownOptionValue_IsReported()
    {
        var (result, _) = Run([new Item("/p/a.thrift", "struct A {}")], ("ThriftGenerate", "Neither"));

        var found = Assert.Single(result.Diagnostics);
        Assert.Equal("TS0029", found.Id);
        Assert.Equal("The value \"Neither\" of ThriftGenerate is not known. Use Both or Client or Server.", found.GetMessage());
    }

    [Fact]
    public void Run_OneTypeFromTwoFiles_IsReportedAndDoesNotFailTheGenerator()
    {
        var (result, _) = Run([new Item("/p/a/x.thrift", "namespace csharp N struct A {}"), new Item("/p/b/x.thrift", "namespace csharp N struct A {}")]);

        Assert.Null(result.Results[0].Exception);
        Assert.Equal("TS0028", Assert.Single(result.Diagnostics).Id);
        Assert.Equal(["x.2.A.g.cs", "x.A.g.cs"], result.Results[0].GeneratedSources.Select(static s => s.HintName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Run_Baseline_ReportsWhatBreaksIt()
    {
        Item[] items =
        [
            new("/p/Idl/shop/a.thrift", "namespace csharp N\ninclude \"b.thrift\"\nstruct S { 1: i64 a, 2: b.T t }"),
            new("/p/Idl/shop/b.thrift", "namespace csharp B\nstruct T { 1: string name (breaking.ignore=\"TB204: nobody used it\") }"),
            new("/p/Released/shop/a.thrift", "namespace csharp N\ninclude \"b.thrift\"\nstruct S { 1: i32 a, 2: b.T t, 3: i32 gone }") { Type = "ThriftBaseline", Options = { ["BaselineName"] = "shop/a.thrift" } },
            new("/p/Released/shop/b.thrift", "namespace csharp B\nstruct T { 1: string title }") { Type = "ThriftBaseline", Options = { ["BaselineName"] = "shop/b.thrift" } },
        ];

        Assert.Equal(["/p/Idl/shop/a.thrift TB101", "/p/Idl/shop/a.thrift TB203"], Found(Run(items)));
        Assert.Equal(["/p/Idl/shop/a.thrift TB101"], Found(Run(items, ("ThriftBreakingLevel", "wire"))));
        Assert.Equal([], Found(Run(items[..2])));
        Assert.Equal("The value \"everything\" of ThriftBreakingLevel is not known. Use wire or source or file.", Assert.Single(Run(items, ("ThriftBreakingLevel", "everything")).Result.Diagnostics).GetMessage());

        static IEnumerable<string> Found((GeneratorDriverRunResult Result, GeneratorDriver) run)
            => run.Result.Diagnostics.Select(static d => d.Location.GetLineSpan().Path + " " + d.Id).Order(StringComparer.Ordinal);
    }

    [Fact]
    public void Run_BaselineWithErrors_ReportsThem()
    {
        var (result, _) = Run([new Item("/p/a.thrift", "struct S {}"), new Item("/p/old/a.thrift", "struct S { 1: Nope n }") { Type = "ThriftBaseline" }]);

        Assert.Equal(("TS0025", "/p/old/a.thrift"), (Assert.Single(result.Diagnostics).Id, result.Diagnostics[0].Location.GetLineSpan().Path));
    }

    [Fact]
    public void Run_FileThatIsNotUtf8_IsReported()
    {
        var item = new Item("/p/a.thrift", "const string A = \"\u00e9\"") { Encoding = System.Text.Encoding.Latin1 };

        Assert.Equal("TS0011", Assert.Single(Run([item]).Result.Diagnostics).Id);
    }

    [Fact]
    public void Run_SameInputTwice_GivesTheSameBytes()
    {
        Item[] items = [new("/p/common.thrift", Common), new("/p/user.thrift", User)];

        var first = Run(items).Result.Results[0].GeneratedSources.Select(static s => s.SourceText.ToString());

        Assert.Equal(first, Run(items).Result.Results[0].GeneratedSources.Select(static s => s.SourceText.ToString()));
    }

    [Fact]
    public void Edit_OfAFileThatNobodyIncludes_CompilesThatFileAlone()
    {
        var alone = new Item("/p/alone.thrift", Alone);
        Item[] items = [new("/p/common.thrift", Common), new("/p/user.thrift", User), alone];
        var (_, driver) = Run(items);

        var steps = Rerun(driver, alone, Alone.Replace("i32", "i64", StringComparison.Ordinal));

        Assert.Equal([IncrementalStepRunReason.Modified, IncrementalStepRunReason.Cached, IncrementalStepRunReason.Cached], Reasons(steps, ThriftGenerator.CompileStep));
        Assert.Equal(1, Reasons(steps, ThriftGenerator.ParseStep).Count(static r => r == IncrementalStepRunReason.Modified));
    }

    [Fact]
    public void Edit_OfAnIncludedFile_CompilesItAndWhatIncludesIt()
    {
        var common = new Item("/p/common.thrift", Common);
        Item[] items = [common, new("/p/user.thrift", User), new("/p/alone.thrift", Alone)];
        var (_, driver) = Run(items);

        var steps = Rerun(driver, common, Common.Replace("namespace csharp Common", "namespace csharp Renamed", StringComparison.Ordinal));

        Assert.Equal([IncrementalStepRunReason.Modified, IncrementalStepRunReason.Modified, IncrementalStepRunReason.Cached], Reasons(steps, ThriftGenerator.CompileStep));
    }

    [Fact]
    public void Edit_OfCSharpAlone_CompilesNothing()
    {
        Item[] items = [new("/p/common.thrift", Common), new("/p/user.thrift", User)];
        var (_, driver) = Run(items);
        var edited = Compilation().AddSyntaxTrees(CSharpSyntaxTree.ParseText("class New { }", cancellationToken: TestContext.Current.CancellationToken));

        var result = driver.RunGenerators(edited, TestContext.Current.CancellationToken).GetRunResult().Results[0];

        Assert.All(result.TrackedOutputSteps.SelectMany(static s => s.Value).SelectMany(static s => s.Outputs), static o => Assert.Equal(IncrementalStepRunReason.Cached, o.Reason));
    }

    private static IEnumerable<IncrementalStepRunReason> Reasons(ImmutableDictionary<string, ImmutableArray<IncrementalGeneratorRunStep>> steps, string name)
        => steps[name].SelectMany(static s => s.Outputs).Select(static o => o.Reason).Select(static r => r == IncrementalStepRunReason.Unchanged ? IncrementalStepRunReason.Cached : r).Order();

    private static ImmutableDictionary<string, ImmutableArray<IncrementalGeneratorRunStep>> Rerun(GeneratorDriver driver, Item item, string text)
        => driver.ReplaceAdditionalText(item, new Item(item.Path, text)).RunGenerators(Compilation(), TestContext.Current.CancellationToken).GetRunResult().Results[0].TrackedSteps;

    private static CSharpCompilation Compilation() => CSharpCompilation.Create("Consumer", [CSharpSyntaxTree.ParseText("class Old { }")]);

    private static (GeneratorDriverRunResult Result, GeneratorDriver Driver) Run(Item[] items, params (string Name, string Value)[] properties)
    {
        GeneratorDriver driver = CSharpGeneratorDriver.Create(
            [new ThriftGenerator().AsSourceGenerator()],
            items,
            optionsProvider: new Options(properties),
            driverOptions: new GeneratorDriverOptions(IncrementalGeneratorOutputKind.None, trackIncrementalGeneratorSteps: true));
        driver = driver.RunGenerators(Compilation(), TestContext.Current.CancellationToken);
        return (driver.GetRunResult(), driver);
    }

    private sealed class Item(string path, string text) : AdditionalText
    {
        public override string Path => path;

        public string Type { get; init; } = "ThriftFile";

        public Dictionary<string, string> Options { get; } = [];

        public System.Text.Encoding? Encoding { get; init; }

        public override SourceText GetText(CancellationToken cancellationToken = default) => SourceText.From(text, Encoding);
    }

    private sealed class Options((string Name, string Value)[] properties) : AnalyzerConfigOptionsProvider
    {
        public override AnalyzerConfigOptions GlobalOptions { get; } = new Values(
            [.. properties.Select(static p => KeyValuePair.Create("build_property." + p.Name, p.Value)), KeyValuePair.Create("build_property.ProjectDir", "/p/")]);

        public override AnalyzerConfigOptions GetOptions(SyntaxTree tree) => new Values([]);

        public override AnalyzerConfigOptions GetOptions(AdditionalText textFile)
        {
            var item = (Item)textFile;
            return new Values([.. item.Options.Select(static o => KeyValuePair.Create("build_metadata.AdditionalFiles." + o.Key, o.Value)), KeyValuePair.Create("build_metadata.AdditionalFiles.SourceItemType", item.Type)]);
        }

        private sealed class Values(KeyValuePair<string, string>[] values) : AnalyzerConfigOptions
        {
            public override bool TryGetValue(string key, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out string? value)
            {
                value = Array.Find(values, v => v.Key == key).Value;
                return value is not null;
            }
        }
    }
}
