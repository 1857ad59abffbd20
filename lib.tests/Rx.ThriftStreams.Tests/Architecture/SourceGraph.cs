using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Rx.ThriftStreams.Tests.Architecture;

/// <summary>The dependencies between the folders of a project, from the symbols that its source files use.</summary>
internal sealed class SourceGraph
{
    private readonly string _root;
    private readonly SortedDictionary<(string From, string To), SortedSet<string>> _uses = [];

    private SourceGraph(string root) => _root = root;

    /// <summary>Each pair of folders of which the first uses the second, with the places: <c>File.cs(12): Symbol</c>.</summary>
    internal IReadOnlyDictionary<(string From, string To), SortedSet<string>> Uses => _uses;

    /// <summary>The folders that hold source files, the project's own folder being the empty text.</summary>
    internal SortedSet<string> Folders { get; } = new(StringComparer.Ordinal);

    /// <summary>Binds a project's sources and reads the graph from them.</summary>
    /// <param name="projectFolder">The project's folder.</param>
    /// <param name="assemblyName">The name of its assembly, which grants it the internals of other assemblies.</param>
    internal static SourceGraph Of(string projectFolder, string assemblyName)
    {
        var graph = new SourceGraph(projectFolder);
        var options = new CSharpParseOptions(LanguageVersion.Latest, DocumentationMode.None);
        var files = Directory.EnumerateFiles(projectFolder, "*.cs", SearchOption.AllDirectories)
            .Where(file => !IsBuildOutput(Path.GetRelativePath(projectFolder, file)));
        var trees = files.Select(file => CSharpSyntaxTree.ParseText(File.ReadAllText(file), options, file)).ToList();
        var compilation = CSharpCompilation.Create(
            assemblyName,
            [.. trees, CSharpSyntaxTree.ParseText(ImplicitUsings, options)],
            References(assemblyName),
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));

        // A name that does not bind would be a dependency that nobody sees. CS8795: partial methods whose bodies the SDK's generators write.
        Assert.DoesNotContain(compilation.GetDiagnostics(), diagnostic => diagnostic.Severity == DiagnosticSeverity.Error && diagnostic.Id != "CS8795");
        foreach (var tree in trees)
        {
            graph.Read(tree, compilation.GetSemanticModel(tree));
        }

        return graph;
    }

    /// <summary>The sets of folders that depend on each other, directly or through others.</summary>
    internal List<SortedSet<string>> Circles()
    {
        var circles = new List<SortedSet<string>>();
        foreach (var folder in Folders)
        {
            var circle = new SortedSet<string>(Folders.Where(other => other != folder && Reaches(folder, other) && Reaches(other, folder)), StringComparer.Ordinal);
            if (circle.Count > 0 && circle.Add(folder) && !circles.Exists(circle.SetEquals))
            {
                circles.Add(circle);
            }
        }

        return circles;
    }

    private const string ImplicitUsings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Threading;
        global using System.Threading.Tasks;
        """;

    private static bool IsBuildOutput(string relativePath)
        => relativePath.StartsWith("obj" + Path.DirectorySeparatorChar, StringComparison.Ordinal)
            || relativePath.StartsWith("bin" + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    private static IEnumerable<MetadataReference> References(string assemblyName)
        => ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
            .Split(Path.PathSeparator)
            .Where(path => Path.GetFileNameWithoutExtension(path) != assemblyName)
            .Select(path => MetadataReference.CreateFromFile(path));

    private bool Reaches(string from, string to)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var open = new Stack<string>([from]);
        while (open.TryPop(out var folder))
        {
            foreach (var use in _uses.Keys.Where(use => use.From == folder))
            {
                if (use.To == to)
                {
                    return true;
                }

                if (seen.Add(use.To))
                {
                    open.Push(use.To);
                }
            }
        }

        return false;
    }

    private void Read(SyntaxTree tree, SemanticModel model)
    {
        var from = FolderOf(tree.FilePath);
        Folders.Add(from);
        foreach (var name in tree.GetRoot().DescendantNodes().OfType<SimpleNameSyntax>())
        {
            var symbol = model.GetSymbolInfo(name).Symbol;
            if (symbol is null or INamespaceSymbol)
            {
                continue;
            }

            foreach (var declaration in symbol.OriginalDefinition.DeclaringSyntaxReferences)
            {
                var to = FolderOf(declaration.SyntaxTree.FilePath);
                if (to == from)
                {
                    continue;
                }

                if (!_uses.TryGetValue((from, to), out var places))
                {
                    _uses.Add((from, to), places = new(StringComparer.Ordinal));
                }

                var line = name.GetLocation().GetLineSpan().StartLinePosition.Line + 1;
                places.Add($"{Path.GetFileName(tree.FilePath)}({line}): {symbol.ToDisplayString()}");
            }
        }
    }

    private string FolderOf(string file) => Path.GetRelativePath(_root, Path.GetDirectoryName(file)!) is var folder && folder == "." ? string.Empty : folder.Replace('\\', '/');
}
