using Rx.ThriftStreams.Compiler.Semantics;
using Rx.ThriftStreams.Compiler.Syntax;
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
        var files = new HashSet<string>(StringComparer.Ordinal);
        var order = new List<SourceFile>();
        string[] directories = ["", .. includeDirectories];
        foreach (var path in paths)
        {
            Read(path, named);
        }

        var count = order.Count;
        for (var i = 0; i < order.Count; i++)
        {
            foreach (var include in order[i].Syntax.Includes)
            {
                var found = SourceSet.Candidates(order[i].Path, include.Path, directories, order[i].Options.Apache).FirstOrDefault(p => File.Exists(Path.Combine(root, p)));
                if (found is not null)
                {
                    Read(found, included);
                }
            }
        }

        var set = new SourceSet(order, "", includeDirectories) { MissingIncludeHint = static (_, _) => "Name its directory with --include." };
        return new LoadedSources(order.GetRange(0, count), order, set);

        void Read(string path, CompilerOptions options)
        {
            if (files.Add(IdlPath.Normalize(path)))
            {
                order.Add(new SourceFile(Parser.Parse(IdlEncoding.Decode(path, File.ReadAllBytes(Path.Combine(root, path))).Text, options.Apache), options));
            }
        }
    }
}
