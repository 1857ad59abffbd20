using Rx.ThriftStreams.Compiler.Semantics;
using Rx.ThriftStreams.Compiler.Text;

namespace Rx.ThriftStreams.Tool;

/// <summary>The files of a run: the files named, and these together with their includes.</summary>
internal sealed record LoadedSources(IReadOnlyList<SourceFile> Named, IReadOnlyList<SourceFile> All, SourceSet Set)
{
    public IReadOnlyList<BoundFile> BindAll() => Bind(All);

    public IReadOnlyList<BoundFile> Bind(IEnumerable<SourceFile> files)
    {
        var binder = new Binder(Set);
        return [.. files.Select(binder.Bind)];
    }
}

/// <summary>Reads files and their includes from disk, which the compiler itself never does.</summary>
internal static class SourceLoader
{
    /// <summary>Reads files and what they include.</summary>
    /// <param name="paths">The files; they exist.</param>
    /// <param name="includeDirectories">The directories in which includes are looked for last.</param>
    /// <param name="named">The options of the files.</param>
    /// <param name="included">The options of the files that they include.</param>
    /// <param name="root">The directory that paths are relative to; empty for the current one.</param>
    public static LoadedSources Load(IReadOnlyList<string> paths, IReadOnlyList<string> includeDirectories, CompilerOptions named, CompilerOptions included, string root = "")
    {
        var order = SourceReader.Read(
            paths.Select(Read),
            includeDirectories,
            named,
            included,
            path => File.Exists(Path.Combine(root, path)) ? Read(path) : null);
        var count = paths.Select(IdlPath.Normalize).Distinct(StringComparer.Ordinal).Count();
        var set = new SourceSet(order, "", includeDirectories) { MissingIncludeHint = static (_, _) => "Name its directory with --include." };
        return new LoadedSources(order.GetRange(0, count), order, set);

        IdlText Read(string path) => IdlEncoding.Decode(path, File.ReadAllBytes(Path.Combine(root, path))).Text;
    }
}
