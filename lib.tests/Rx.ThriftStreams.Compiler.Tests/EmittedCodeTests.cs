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
    public void Emit_ServiceThatExtendsAnother_DerivesItsBaseClassAndOldImplementationsStillCompile()
    {
        const string common = "namespace csharp Common service Parent { i32 Old(), i32 New() }";
        const string text = "namespace csharp Own include \"common.thrift\" service Child extends common.Parent { i32 Put() }";
        const string handWritten = "internal sealed class Fake : Own.ChildBase { public override System.Threading.Tasks.Task<int> OldAsync(System.Threading.CancellationToken cancellationToken = default) => System.Threading.Tasks.Task.FromResult(1); }";

        var code = Idl.Emit(CompilerOptions.Default, ("child.thrift", text), ("common.thrift", common));

        Assert.Contains(code, static file => file.Text.Contains("public abstract class ChildBase : global::Common.ParentBase, global::Own.IChild", StringComparison.Ordinal));
        Assert.Contains(code, static file => file.Text.Contains("public abstract class ChildRxBase : global::Common.ParentRxBase, global::Own.IChildRx", StringComparison.Ordinal));
        Assert.Equal("Fake", GeneratedAssembly.Compile(code, handWritten).Type("Fake").Name);
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
