using Rx.ThriftStreams.Compiler.Semantics;

namespace Rx.ThriftStreams.Compiler.Tests;

public sealed class EmittedCodeTests
{
    public static TheoryData<string> Catalogue => [.. Directory.GetFiles(CataloguePath, "*.thrift").Select(p => Path.GetFileNameWithoutExtension(p)!).Order(StringComparer.Ordinal)];

    internal static string CataloguePath => Path.Combine(AppContext.BaseDirectory, "Catalogue");

    [Theory]
    [MemberData(nameof(Catalogue))]
    public void Emit_CatalogueFile_CompilesWithoutWarning(string name)
    {
        foreach (var options in new[]
        {
            CompilerOptions.Default,
            CompilerOptions.Default with { AsyncSuffix = false, PreserveUnknownFields = true },
            CompilerOptions.Default with { Sides = ServiceSides.Client, Namespace = "Other.Place" },
            CompilerOptions.Default with { Sides = ServiceSides.Server, Package = "" },
        })
        {
            var text = File.ReadAllText(Path.Combine(CataloguePath, name + ".thrift"));
            GeneratedAssembly.Compile(Idl.Emit(options, (name + ".thrift", text)));
        }
    }

    [Fact]
    public void Emit_IdempotentFunction_SaysSoInItsMethod()
    {
        const string text = "service S { i32 Get() (idempotent = \"true\"), i32 Put() (idempotent = \"false\"), i32 Take() }";

        var code = string.Concat(Idl.Emit(CompilerOptions.Default, ("s.thrift", text)).Select(static file => file.Text));

        Assert.Contains("\"Get\", global::Rx.ThriftStreams.Contracts.ThriftStreamingMode.PingPong) { IsIdempotent = true };", code, StringComparison.Ordinal);
        Assert.Single(System.Text.RegularExpressions.Regex.Matches(code, "IsIdempotent = true"));
    }
}
