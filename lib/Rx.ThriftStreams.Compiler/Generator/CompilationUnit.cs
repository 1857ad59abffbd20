using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Globalization;
using System.Linq;
using System.Threading;
using Rx.ThriftStreams.Compiler.Diagnostics;
using Rx.ThriftStreams.Compiler.Emit;
using Rx.ThriftStreams.Compiler.Semantics;
using Rx.ThriftStreams.Compiler.Text;

namespace Rx.ThriftStreams.Compiler.Generator;

/// <summary>A parsed item. Equal when text and options are: the tree follows from them.</summary>
internal sealed class ParsedInput(SourceFile file, EquatableArray<BadOption> badOptions) : IEquatable<ParsedInput>
{
    public SourceFile File { get; } = file;

    public EquatableArray<BadOption> BadOptions { get; } = badOptions;

    public bool Equals(ParsedInput? other)
        => other is not null && File.Syntax.Source.Equals(other.File.Syntax.Source) && File.Options == other.File.Options && BadOptions.Equals(other.BadOptions);

    public override bool Equals(object? obj) => Equals(obj as ParsedInput);

    public override int GetHashCode() => File.Syntax.Source.GetHashCode();
}

/// <summary>A file with everything that it includes: all that its code depends on.</summary>
internal sealed record CompilationUnit(ParsedInput Root, EquatableArray<ParsedInput> Closure, string HintPrefix, ProjectSettings Settings)
{
    public static IEnumerable<CompilationUnit> Divide(ImmutableArray<ParsedInput> inputs, ProjectSettings settings)
    {
        var byFile = inputs.ToDictionary(static i => i.File);
        var sources = new SourceSet(byFile.Keys, settings.Directory, settings.IncludeDirectories.Items);
        var prefixes = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var input in inputs.OrderBy(static i => i.File.Path, StringComparer.Ordinal))
        {
            var name = Naming.Identifier(input.File.Syntax.Source.BaseName);
            var prefix = name;
            for (var i = 2; !prefixes.Add(prefix); i++)
            {
                prefix = name + "." + i.ToString(CultureInfo.InvariantCulture);
            }

            var closure = sources.Closure(input.File).Select(f => byFile[f]).ToArray();
            yield return new CompilationUnit(input, new EquatableArray<ParsedInput>(closure), prefix, settings);
        }
    }

    public CompiledUnit Compile(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var sources = new SourceSet(Closure.Items.Select(static i => i.File), Settings.Directory, Settings.IncludeDirectories.Items) { MissingIncludeHint = Suggest };
        var bound = Binder.Bind(Root.File, sources);
        cancellationToken.ThrowIfCancellationRequested();
        var files = FileEmitter.Emit(bound);
        var diagnostics = new DiagnosticBag();
        foreach (var bad in Root.BadOptions.Items)
        {
            diagnostics.Add(Rules.InvalidOption, Root.File.Syntax.Source, default, bad.Value, bad.Name, bad.Choices);
        }

        return new CompiledUnit(
            new EquatableArray<HintedFile>(files.Select(f => new HintedFile(HintPrefix + "." + f.Name + ".g.cs", f.Text)).ToArray()),
            new EquatableArray<IdlDiagnostic>(diagnostics.Items.Concat(bound.Diagnostics).ToArray()),
            new DeclaredTypes(Root.File.Path, new EquatableArray<string>(files.Select(static f => f.TypeName).ToArray())));
    }

    // The path beside the including file, as the project would write it.
    private string Suggest(string includingPath, string include)
    {
        var path = IdlPath.Combine(IdlPath.Directory(includingPath), include);
        var project = IdlPath.Normalize(Settings.Directory).TrimEnd('/') + "/";
        path = path.StartsWith(project, StringComparison.Ordinal) ? path.Substring(project.Length) : path;
        return $"Add <ThriftFile Include=\"{path}\" /> to the project.";
    }
}

/// <summary>What came of a file.</summary>
internal sealed record CompiledUnit(EquatableArray<HintedFile> Files, EquatableArray<IdlDiagnostic> Diagnostics, DeclaredTypes Types);

/// <summary>A generated file under the name that the compiler knows it by.</summary>
internal sealed record HintedFile(string HintName, string Text);

/// <summary>The C# types of a file.</summary>
internal sealed record DeclaredTypes(string Path, EquatableArray<string> Names);
