using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using System.Threading;
using Rx.ThriftStreams.Compiler.Diagnostics;
using Rx.ThriftStreams.Compiler.Emit;
using Rx.ThriftStreams.Compiler.Semantics;

namespace Rx.ThriftStreams.Compiler.Generator;

/// <summary>A parsed item. Equal when text and options are equal: the tree follows from them.</summary>
internal sealed class ParsedInput(SourceFile file, EquatableArray<BadOption> badOptions) : IEquatable<ParsedInput>
{
    public SourceFile File { get; } = file;

    public EquatableArray<BadOption> BadOptions { get; } = badOptions;

    public bool Equals(ParsedInput? other)
        => other is not null && File.Syntax.Source.Equals(other.File.Syntax.Source) && File.Options == other.File.Options && BadOptions.Equals(other.BadOptions);

    public override bool Equals(object? obj) => Equals(obj as ParsedInput);

    public override int GetHashCode() => File.Syntax.Source.GetHashCode();
}

/// <summary>A file with everything that it includes, which is all that its code depends on.</summary>
internal sealed record CompilationUnit(ParsedInput Root, EquatableArray<ParsedInput> Closure, string HintPrefix, ProjectSettings Settings)
{
    // Units made at the same time share a binder, so that a file which all include is declared once. The binder is released
    // after its first use: a unit can stay in the generator's cache for as long as the editor runs.
    private SharedBinder? _shared;

    public bool Equals(CompilationUnit? other)
        => other is not null && Root.Equals(other.Root) && Closure.Equals(other.Closure) && HintPrefix == other.HintPrefix && Settings.Equals(other.Settings);

    public override int GetHashCode() => Root.GetHashCode();

    public static IEnumerable<CompilationUnit> Divide(ImmutableArray<ParsedInput> inputs, ProjectSettings settings)
    {
        var byFile = inputs.ToDictionary(static i => i.File);
        var sources = settings.SourcesOf(byFile.Keys);
        var shared = new SharedBinder(sources);
        var prefixes = FilePrefixes.Of(byFile.Keys);
        foreach (var input in inputs.OrderBy(static i => i.File.Path, StringComparer.Ordinal))
        {
            var closure = sources.Closure(input.File).Select(f => byFile[f]).ToArray();
            yield return new CompilationUnit(input, new EquatableArray<ParsedInput>(closure), prefixes[input.File], settings) { _shared = shared };
        }
    }

    public CompiledUnit Compile(CancellationToken cancellationToken)
    {
        var shared = Interlocked.Exchange(ref _shared, null) ?? new SharedBinder(Settings.SourcesOf(Closure.Items.Select(static i => i.File)));
        lock (shared)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var bound = shared.Binder.Bind(Root.File);
            cancellationToken.ThrowIfCancellationRequested();
            return Compile(bound);
        }
    }

    private CompiledUnit Compile(BoundFile bound)
    {
        var start = IdlLocation.Of(Root.File.Syntax.Source, default);
        var badOptions = Root.BadOptions.Items.Select(bad => IdlDiagnostic.Create(Rules.InvalidOption, isError: true, start, bad.Value, bad.Name, bad.Choices));
        return new CompiledUnit(
            new EquatableArray<HintedFile>(FileEmitter.Emit(bound).Select(f => new HintedFile(HintPrefix + "." + f.Name + ".g.cs", f.Text)).ToArray()),
            new EquatableArray<IdlDiagnostic>(badOptions.Concat(bound.Diagnostics).ToArray()),
            new EquatableArray<DeclaredType>(DeclaredTypes.Of(bound.File).ToArray()));
    }

    private sealed class SharedBinder(SourceSet sources)
    {
        public Binder Binder { get; } = new(sources);
    }
}

/// <summary>The result of compiling a file.</summary>
internal sealed record CompiledUnit(EquatableArray<HintedFile> Files, EquatableArray<IdlDiagnostic> Diagnostics, EquatableArray<DeclaredType> Types);

/// <summary>A generated file under the name that the C# compiler knows it by.</summary>
internal sealed record HintedFile(string HintName, string Text);
