using System;
using System.Collections.Generic;
using Rx.ThriftStreams.Compiler.Syntax;
using Rx.ThriftStreams.Compiler.Text;

namespace Rx.ThriftStreams.Compiler.Semantics;

/// <summary>A parsed file with its options. Two are the same only if they are the same object.</summary>
internal sealed class SourceFile(DocumentSyntax syntax, CompilerOptions options)
{
    public DocumentSyntax Syntax { get; } = syntax;

    public CompilerOptions Options { get; } = options;

    public string Path => Syntax.Source.Path;
}

/// <summary>The files of a compilation, found by path. Includes resolve among them alone: nothing is read from disk.</summary>
internal sealed class SourceSet
{
    private readonly Dictionary<string, SourceFile> _files = new(StringComparer.Ordinal);
    private readonly IReadOnlyList<string> _directories;
    private readonly Lazy<IncludeGraph> _includes;

    /// <summary>Creates a set.</summary>
    /// <param name="files">All files.</param>
    /// <param name="baseDirectory">The directory that relative paths start from.</param>
    /// <param name="includeDirectories">The directories in which includes are looked for last.</param>
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

        _includes = new Lazy<IncludeGraph>(() => new IncludeGraph(_files.Values, Resolve));
    }

    /// <summary>Explains how to supply a missing include, given the including file and the path as written.</summary>
    public Func<string, string, string> MissingIncludeHint { get; init; } = static (_, include) => $"Add <ThriftFile Include=\"{include}\" /> to the project.";

    public IEnumerable<SourceFile> Files => _files.Values;

    public IncludeGraph Includes => _includes.Value;

    /// <summary>The normalized paths at which an include is looked for, in order.</summary>
    /// <param name="includingPath">The including file.</param>
    /// <param name="include">The path as written.</param>
    /// <param name="directories">The base directory and, after it, the include directories.</param>
    /// <param name="apache">Whether the directory of the including file comes before the base directory.</param>
    public static IEnumerable<string> Candidates(string includingPath, string include, IReadOnlyList<string> directories, bool apache)
    {
        var asGiven = IdlPath.Combine(directories.Count == 0 ? "" : directories[0], include);
        if (IdlPath.IsRooted(include))
        {
            yield return asGiven;
            yield break;
        }

        if (!apache)
        {
            yield return asGiven;
        }

        yield return IdlPath.Combine(IdlPath.Directory(includingPath), include);
        for (var i = 1; i < directories.Count; i++)
        {
            yield return IdlPath.Combine(directories[i], include);
        }

        if (apache)
        {
            yield return asGiven;
        }
    }

    /// <summary>The file and everything that it includes, directly or not, in the order of first mention.</summary>
    public IReadOnlyList<SourceFile> Closure(SourceFile root)
    {
        var closure = new List<SourceFile> { root };
        var seen = new HashSet<SourceFile> { root };
        for (var i = 0; i < closure.Count; i++)
        {
            foreach (var include in Includes.Of(closure[i]))
            {
                if (include.Target is { } file && seen.Add(file))
                {
                    closure.Add(file);
                }
            }
        }

        return closure;
    }

    private SourceFile? Resolve(SourceFile including, string include)
    {
        foreach (var candidate in Candidates(including.Path, include, _directories, including.Options.Apache))
        {
            if (_files.TryGetValue(candidate, out var file))
            {
                return file;
            }
        }

        return null;
    }
}
