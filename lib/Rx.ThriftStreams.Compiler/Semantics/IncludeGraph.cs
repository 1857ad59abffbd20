using System;
using System.Collections.Generic;
using System.Linq;
using Rx.ThriftStreams.Compiler.Syntax;

namespace Rx.ThriftStreams.Compiler.Semantics;

/// <summary>The includes of all files, and their cycles. Linear in files and includes unless there are cycles.</summary>
internal sealed class IncludeGraph
{
    // The number of names of a cycle that a message shows; longer cycles are shortened in the middle.
    private const int MaxShown = 12;

    private readonly Dictionary<SourceFile, Include[]> _includes = [];
    private readonly HashSet<SourceFile> _cyclic;

    public IncludeGraph(IEnumerable<SourceFile> files, Func<SourceFile, string, SourceFile?> resolve)
    {
        foreach (var file in files)
        {
            _includes[file] = file.Syntax.Includes.Select(i => new Include(i, resolve(file, i.Path))).ToArray();
        }

        _cyclic = FindCyclic();
    }

    /// <summary>The includes of a file, in its order.</summary>
    public IReadOnlyList<Include> Of(SourceFile file) => _includes.TryGetValue(file, out var includes) ? includes : [];

    /// <summary>The path from a file through an included one back to itself, as text; <see langword="null"/> if there is none.</summary>
    public string? CycleThrough(SourceFile from, SourceFile included)
    {
        if (!_cyclic.Contains(from) || !_cyclic.Contains(included))
        {
            return null;
        }

        var previous = new Dictionary<SourceFile, SourceFile?> { [included] = null };
        var queue = new Queue<SourceFile>([included]);
        while (queue.Count > 0)
        {
            var file = queue.Dequeue();
            if (file == from)
            {
                return Text(from, file, previous);
            }

            foreach (var next in Targets(file).Where(_cyclic.Contains))
            {
                if (!previous.ContainsKey(next))
                {
                    previous.Add(next, file);
                    queue.Enqueue(next);
                }
            }
        }

        return null;
    }

    private static string Text(SourceFile from, SourceFile end, Dictionary<SourceFile, SourceFile?> previous)
    {
        var names = new List<string>();
        for (SourceFile? file = end; file is not null; file = previous[file])
        {
            names.Add(file.Syntax.Source.BaseName);
        }

        names.Add(from.Syntax.Source.BaseName);
        names.Reverse();
        if (names.Count > MaxShown)
        {
            names.RemoveRange(MaxShown / 2, names.Count - MaxShown);
            names.Insert(MaxShown / 2, "…");
        }

        return string.Join(" → ", names);
    }

    private IEnumerable<SourceFile> Targets(SourceFile file) => Of(file).Where(static i => i.Target is not null).Select(static i => i.Target!);

    // Removes files that include no cyclic file until only cycles, and paths that lead into them, are left.
    private HashSet<SourceFile> FindCyclic()
    {
        var includers = new Dictionary<SourceFile, List<SourceFile>>();
        var open = new Dictionary<SourceFile, int>();
        foreach (var file in _includes.Keys)
        {
            open[file] = 0;
            foreach (var target in Targets(file))
            {
                open[file]++;
                if (!includers.TryGetValue(target, out var list))
                {
                    includers.Add(target, list = []);
                }

                list.Add(file);
            }
        }

        var ready = new Queue<SourceFile>(open.Where(static o => o.Value == 0).Select(static o => o.Key));
        while (ready.Count > 0)
        {
            var file = ready.Dequeue();
            open.Remove(file);
            if (!includers.TryGetValue(file, out var list))
            {
                continue;
            }

            foreach (var includer in list)
            {
                if (--open[includer] == 0)
                {
                    ready.Enqueue(includer);
                }
            }
        }

        return [.. open.Keys];
    }
}

/// <summary>An include with the file that it resolves to, if any.</summary>
internal readonly record struct Include(IncludeSyntax Syntax, SourceFile? Target);
