using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using System.Threading;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Rx.ThriftStreams.Compiler.Compatibility;
using Rx.ThriftStreams.Compiler.Diagnostics;
using Rx.ThriftStreams.Compiler.Semantics;
using Rx.ThriftStreams.Compiler.Syntax;
using Rx.ThriftStreams.Compiler.Text;

namespace Rx.ThriftStreams.Compiler.Generator;

/// <summary>A <c>ThriftBaseline</c> item: an IDL file as it was, which the project's files must stay compatible with.</summary>
/// <param name="Source">The text.</param>
/// <param name="Name">Its path below the directory of the baseline.</param>
internal sealed record BaselineInput(IdlText Source, string Name)
{
    private static readonly string[] Levels = ["wire", "source", "file"];

    public static BaselineInput? From(AdditionalText file, AnalyzerConfigOptionsProvider provider, CancellationToken cancellationToken)
    {
        var item = provider.GetOptions(file);
        if (!item.TryGetValue(ThriftInput.Metadata + "SourceItemType", out var type) || type != "ThriftBaseline" || file.GetText(cancellationToken) is not { } text)
        {
            return null;
        }

        var name = item.TryGetValue(ThriftInput.Metadata + "BaselineName", out var given) && given.Length > 0 ? given : IdlPath.BaseName(file.Path) + ".thrift";
        return new BaselineInput(new IdlText(file.Path, text.ToString()), IdlPath.Normalize(name));
    }

    /// <summary>The breaking changes from a baseline to the files of the project; none where one of them has errors, which are reported as such.</summary>
    public static IEnumerable<IdlDiagnostic> Compare(ImmutableArray<BaselineInput> baseline, ImmutableArray<ParsedInput> inputs, ProjectSettings settings)
    {
        if (baseline.IsEmpty)
        {
            return [];
        }

        var level = Array.IndexOf(Levels, settings.BreakingLevel.ToLowerInvariant());
        if (level < 0)
        {
            return [IdlDiagnostic.Create(Rules.InvalidOption, isError: true, IdlLocation.Of(baseline[0].Source, default), settings.BreakingLevel, "ThriftBreakingLevel", string.Join(" or ", Levels))];
        }

        var current = Bind(inputs.Select(static i => i.File), settings);
        var names = current.ToDictionary(static f => f.File.SourceFile, f => NameOf(f.File.Path, settings, baseline));
        var options = names.GroupBy(static n => n.Value).ToDictionary(static g => g.Key, static g => g.First().Key.Options);
        var old = baseline
            .Select(b => (b.Name, File: Parsed(b, options.TryGetValue(b.Name, out var o) ? o : CompilerOptions.Default)))
            .ToList();
        var bound = Bind(old.Select(static o => o.File), settings);
        var oldNames = old.ToDictionary(static o => o.File, static o => o.Name);
        if (current.Concat(bound).Any(static f => f.HasErrors))
        {
            return bound.SelectMany(static f => f.Diagnostics.Where(static d => d.IsError));
        }

        return CompatibilityCheck
            .Run(
                [.. bound.Select(f => new VersionedFile(oldNames[f.File.SourceFile], f))],
                [.. current.Select(f => new VersionedFile(names[f.File.SourceFile], f))],
                (CompatibilityLevel)level)
            .Where(static c => c.Ignored is null)
            .Select(static c => c.Diagnostic);
    }

    private static SourceFile Parsed(BaselineInput input, CompilerOptions options) => new(Parser.Parse(input.Source, options.Apache), options);

    private static List<BoundFile> Bind(IEnumerable<SourceFile> files, ProjectSettings settings)
    {
        var all = files.ToList();
        var binder = new Binder(settings.SourcesOf(all));
        return all.ConvertAll(binder.Bind);
    }

    // A file of the project has the name of the baseline file that its path ends with; the longest, if there are several.
    private static string NameOf(string path, ProjectSettings settings, ImmutableArray<BaselineInput> baseline)
    {
        var normalized = IdlPath.Normalize(path);
        return baseline.Select(static b => b.Name).Where(name => normalized.EndsWith("/" + name, StringComparison.Ordinal)).OrderByDescending(static name => name.Length).FirstOrDefault()
            ?? IdlPath.Combine(settings.Directory, normalized);
    }
}
