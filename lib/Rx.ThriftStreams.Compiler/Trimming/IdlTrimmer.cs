using System.Collections.Generic;
using System.Linq;
using Rx.ThriftStreams.Compiler.Formatting;
using Rx.ThriftStreams.Compiler.Semantics;

namespace Rx.ThriftStreams.Compiler.Trimming;

/// <summary>Prints what is left of files when only some functions are kept.</summary>
internal static class IdlTrimmer
{
    /// <summary>The text of each file of which something is left, in canonical form.</summary>
    /// <param name="files">The files; free of errors.</param>
    /// <param name="sources">Knows what the files include.</param>
    /// <param name="reachable">The declarations to keep.</param>
    public static IEnumerable<KeyValuePair<FileSymbol, string>> Trim(IReadOnlyList<BoundFile> files, SourceSet sources, Reachable reachable)
    {
        var kept = new HashSet<SourceFile>(files.Where(f => f.File.Members.Values.Any(reachable.Contains)).Select(static f => f.File.SourceFile));
        foreach (var bound in files.Where(f => kept.Contains(f.File.SourceFile)))
        {
            // Identified by the positions of their names, since the formatter works on tokens.
            var places = new HashSet<int>(bound.File.Members.Values.Where(reachable.Contains).Select(static m => m.NameSpan.Start));
            places.UnionWith(bound.File.Services.SelectMany(bound.Binder.FunctionsOf).Where(reachable.Contains).Select(static f => f.Syntax.Name.Span.Start));
            places.UnionWith(bound.File.Syntax.Namespaces.Select(static n => n.Name.Span.Start));
            places.UnionWith(sources.Includes.Of(bound.File.SourceFile).Where(i => i.Target is { } target && kept.Contains(target)).Select(static i => i.Syntax.Span.Start));
            if (IdlFormatter.Format(bound.File.Source, places.Contains, out _) is { } text)
            {
                yield return new(bound.File, text);
            }
        }
    }
}
