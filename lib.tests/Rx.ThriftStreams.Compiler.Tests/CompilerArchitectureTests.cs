using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Rx.ThriftStreams.Compiler.Tests;

/// <summary>The layers of the compiler, checked on the symbols that its sources bind to: names in comments or strings do not count.</summary>
public sealed class CompilerArchitectureTests
{
    private static readonly string Project = Path.Combine(Repository.Root, "lib", "Rx.ThriftStreams.Compiler");

    /// <summary>Which folders the code of a folder may use. The root holds a polyfill that nothing names.</summary>
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Text"] = [],
        ["Diagnostics"] = ["Text"],
        ["Syntax"] = ["Text", "Diagnostics"],
        ["Formatting"] = ["Text", "Diagnostics", "Syntax"],
        ["Semantics"] = ["Text", "Diagnostics", "Syntax"],
        ["Emit"] = ["Text", "Syntax", "Semantics"],
        ["Compatibility"] = ["Text", "Diagnostics", "Syntax", "Semantics", "Emit"],
        ["Trimming"] = ["Text", "Syntax", "Formatting", "Semantics"],
        ["Generator"] = ["Text", "Diagnostics", "Syntax", "Semantics", "Emit", "Compatibility"],
        [""] = [],
    };

    [Fact]
    public void Folders_OfTheCompiler_UseOnlyTheLayersBelowThem()
    {
        var arrows = Arrows();

        Assert.Equal([], arrows.Where(static a => !Allowed.TryGetValue(a.Key.From, out var allowed) || !allowed.Contains(a.Key.To)).Select(static a => $"{a.Key.From} -> {a.Key.To}: {a.Value}"));
        Assert.Contains(("Generator", "Emit"), arrows.Keys);
        Assert.Equal(Allowed.Keys.Order(StringComparer.Ordinal), Sources().Select(static s => s.Folder).Distinct().Order(StringComparer.Ordinal));
    }

    /// <summary>From folder to folder, each with one place that makes the arrow.</summary>
    private static Dictionary<(string From, string To), string> Arrows()
    {
        var folders = new Dictionary<SyntaxTree, string>();
        foreach (var (path, folder) in Sources())
        {
            folders.Add(CSharpSyntaxTree.ParseText(File.ReadAllText(path), new CSharpParseOptions(LanguageVersion.CSharp14), path), folder);
        }

        var compilation = GeneratedAssembly.Compilation([]).AddSyntaxTrees(folders.Keys);
        Assert.Equal([], compilation.GetDiagnostics().Where(static d => d.Severity == DiagnosticSeverity.Error).Select(static d => d.ToString()));
        var arrows = new Dictionary<(string, string), string>();
        foreach (var (tree, folder) in folders)
        {
            var model = compilation.GetSemanticModel(tree);
            foreach (var node in tree.GetRoot().DescendantNodes().Where(static n => n is SimpleNameSyntax or BaseObjectCreationExpressionSyntax))
            {
                foreach (var declaration in model.GetSymbolInfo(node).Symbol?.OriginalDefinition.DeclaringSyntaxReferences ?? [])
                {
                    if (folders.TryGetValue(declaration.SyntaxTree, out var target) && target != folder && model.GetSymbolInfo(node).Symbol is not INamespaceSymbol)
                    {
                        var line = node.GetLocation().GetLineSpan().StartLinePosition.Line + 1;
                        arrows.TryAdd((folder, target), $"{Path.GetRelativePath(Project, tree.FilePath)}({line}) names {node}");
                    }
                }
            }
        }

        return arrows;
    }

    private static IEnumerable<(string Path, string Folder)> Sources()
        => Directory.GetFiles(Project, "*.cs", SearchOption.AllDirectories)
            .Select(static path => (Path: path, Folder: Path.GetDirectoryName(Path.GetRelativePath(Project, path))!.Replace('\\', '/')))
            .Where(static s => s.Folder.Split('/')[0] is not "bin" and not "obj");
}
