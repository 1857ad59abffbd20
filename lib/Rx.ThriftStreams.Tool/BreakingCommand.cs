using Rx.ThriftStreams.Compiler.Compatibility;
using Rx.ThriftStreams.Compiler.Semantics;
using Rx.ThriftStreams.Compiler.Text;

namespace Rx.ThriftStreams.Tool;

/// <summary>The arguments of <c>breaking</c>.</summary>
internal sealed record BreakingOptions(
    IReadOnlyList<string> Paths, string? Against, IReadOnlyList<string> IncludeDirectories, CompatibilityLevel Level, IReadOnlyList<string> Ignored, FindingsFormat Format, CompilerOptions Compiler);

/// <summary><c>thriftstreams breaking</c></summary>
internal static class BreakingCommand
{
    public static int Run(BreakingOptions options, TextWriter output, TextWriter error)
    {
        var ignored = options.Ignored.Select(IgnoreRule.Parse).ToList();
        if (ignored.IndexOf(null) is var bad and >= 0)
        {
            error.WriteLine($"error: \"{options.Ignored[bad]}\" is not a rule to ignore. Write ids and a reason, as in \"TB203: never released\" or \"TB301 idl/old.thrift: merged\".");
            return ExitCodes.Usage;
        }

        if (options.Against is null)
        {
            if (options.Paths.Count != 2)
            {
                error.WriteLine("error: Name the old and the new version, or one version and --against.");
                return ExitCodes.Usage;
            }

            return Compare(Side.Of(options.Paths[0], options), Side.Of(options.Paths[1], options), options, ignored!, output, error);
        }

        if (!options.Against.StartsWith("git:", StringComparison.Ordinal))
        {
            return Directory.Exists(options.Against)
                ? CompareWith(options.Against, Directory.GetCurrentDirectory(), options, ignored!, output, error)
                : Fail($"The directory \"{options.Against}\" does not exist.", error);
        }

        using var snapshot = GitSnapshot.Extract(options.Against[4..], out var failure);
        return snapshot is null ? Fail(failure, error) : CompareWith(snapshot.Directory, snapshot.Root, options, ignored!, output, error);
    }

    private static int Fail(string message, TextWriter error)
    {
        error.WriteLine("error: " + message);
        return ExitCodes.Usage;
    }

    // The old version is a copy of the tree, with the same relative paths.
    private static int CompareWith(string oldRoot, string root, BreakingOptions options, IReadOnlyList<IgnoreRule> ignored, TextWriter output, TextWriter error)
    {
        var counterparts = options.Paths.Select(p => Path.GetRelativePath(root, Path.GetFullPath(p))).ToList();
        var oldOptions = options with
        {
            IncludeDirectories = [.. options.IncludeDirectories.Select(d => Path.GetRelativePath(root, Path.GetFullPath(d)))],
        };
        var present = counterparts.Where(p => File.Exists(Path.Combine(oldRoot, p)) || Directory.Exists(Path.Combine(oldRoot, p)) || FileArguments.IsGlob(p));
        return Compare(new Side([.. present], oldRoot, "", oldOptions), new Side(options.Paths, "", root, options), options, ignored, output, error);
    }

    private static int Compare(Side oldSide, Side newSide, BreakingOptions options, IReadOnlyList<IgnoreRule> ignored, TextWriter output, TextWriter error)
    {
        if (oldSide.Load(error) is not { } old || newSide.Load(error) is not { } current)
        {
            return ExitCodes.Usage;
        }

        // Two single files are compared as one, whatever they are called.
        if (options.Against is null && File.Exists(options.Paths[0]) && File.Exists(options.Paths[1]))
        {
            old = [old[0] with { Name = current[0].Name }, .. old.Skip(1)];
        }

        var errors = old.Concat(current).SelectMany(static f => f.File.Diagnostics).Where(static d => d.IsError).ToList();
        if (errors.Count > 0)
        {
            Findings.Write(errors.ConvertAll(static d => new Finding(d)), options.Format, output);
            return ExitCodes.Findings;
        }

        var changes = CompatibilityCheck.Run(old, current, options.Level, ignored);
        Findings.Write([.. changes.Select(static c => new Finding(c.Diagnostic, c.Ignored))], options.Format, output);
        return changes.Any(static c => c.Ignored is null) ? ExitCodes.Findings : ExitCodes.Success;
    }

    /// <summary>One version.</summary>
    /// <param name="Paths">Files, directories and globs; relative to where the files are read, if that is given.</param>
    /// <param name="ReadFrom">The directory that holds the files; empty for the current one.</param>
    /// <param name="NameFrom">The directory from which the names of files are counted; empty if they are relative already.</param>
    /// <param name="Options">The options of the command.</param>
    private sealed record Side(IReadOnlyList<string> Paths, string ReadFrom, string NameFrom, BreakingOptions Options)
    {
        public static Side Of(string path, BreakingOptions options)
            => new([path], "", Directory.Exists(path) ? path : Path.GetDirectoryName(Path.GetFullPath(path)) ?? "", options);

        public List<VersionedFile>? Load(TextWriter error)
        {
            if (FileArguments.Expand(Paths.Select(p => Path.Combine(ReadFrom, p)), error) is not { } files)
            {
                return null;
            }

            var paths = ReadFrom.Length == 0 ? files : files.ConvertAll(f => Path.GetRelativePath(ReadFrom, f));
            var sources = SourceLoader.Load(paths, Options.IncludeDirectories, Options.Compiler, Options.Compiler, ReadFrom);
            return [.. sources.BindAll().Select(f => new VersionedFile(NameOf(f.File.Path), f))];
        }

        private string NameOf(string path) => IdlPath.Normalize(NameFrom.Length == 0 ? path : Path.GetRelativePath(NameFrom, path));
    }
}
