using System;
using System.Collections.Generic;
using Rx.ThriftStreams.Compiler.Syntax;
using Rx.ThriftStreams.Compiler.Text;

namespace Rx.ThriftStreams.Compiler.Semantics;

/// <summary>A parsed file with its options: what the compiler is given.</summary>
internal sealed record SourceFile(DocumentSyntax Syntax, CompilerOptions Options)
{
    public string Path => Syntax.Source.Path;
}

/// <summary>The files of a compilation, found by path. Includes resolve among them alone: nothing is read from disk.</summary>
internal sealed class SourceSet
{
    private readonly Dictionary<string, SourceFile> _files = new(StringComparer.Ordinal);
    private readonly IReadOnlyList<string> _directories;

    /// <param name="files">All files.</param>
    /// <param name="baseDirectory">What relative paths are relative to.</param>
    /// <param name="includeDirectories">Where includes are looked for last.</param>
    public SourceSet(IEnumerable<SourceFile> files, string baseDirectory = "", IReadOnlyList<string>? includeDirectories = null)
    {
        var directories = new List<string> { baseDirectory };
        foreach (var directory in includeDirectories ?? [])
        {
            directories.Add(IdlPath.Combine(baseDirectory, directory));
        }

        _directories = directories;
        foreach (var file in files)
        {
            _files[IdlPath.Normalize(file.Path)] = file;
        }
    }

    /// <summary>Says how to supply a missing include, given the including file and the path as written.</summary>
    public Func<string, string, string> MissingIncludeHint { get; init; } = static (_, include) => $"Add <ThriftFile Include=\"{include}\" /> to the project.";

    public IEnumerable<SourceFile> Files => _files.Values;

    /// <summary>The file that an include means: as given, beside the including file, then in the include directories.</summary>
    public SourceFile? Resolve(string includingPath, string include)
    {
        foreach (var candidate in Candidates(includingPath, include, _directories))
        {
            if (_files.TryGetValue(candidate, out var file))
            {
                return file;
            }
        }

        return null;
    }

    /// <summary>The normalized paths at which an include is looked for, in order.</summary>
    public static IEnumerable<string> Candidates(string includingPath, string include, IReadOnlyList<string> directories)
    {
        yield return IdlPath.Combine(directories.Count == 0 ? "" : directories[0], include);
        if (IdlPath.IsRooted(include))
        {
            yield break;
        }

        yield return IdlPath.Combine(IdlPath.Directory(includingPath), include);
        for (var i = 1; i < directories.Count; i++)
        {
            yield return IdlPath.Combine(directories[i], include);
        }
    }

    /// <summary>The file and everything that it includes, directly or not, in the order of first mention.</summary>
    public IReadOnlyList<SourceFile> Closure(SourceFile root)
    {
        var closure = new List<SourceFile> { root };
        var seen = new HashSet<string>(StringComparer.Ordinal) { root.Path };
        for (var i = 0; i < closure.Count; i++)
        {
            foreach (var include in closure[i].Syntax.Includes)
            {
                if (Resolve(closure[i].Path, include.Path) is { } file && seen.Add(file.Path))
                {
                    closure.Add(file);
                }
            }
        }

        return closure;
    }
}
