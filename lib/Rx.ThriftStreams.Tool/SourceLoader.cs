using Rx.ThriftStreams.Compiler.Semantics;
using Rx.ThriftStreams.Compiler.Syntax;
using Rx.ThriftStreams.Compiler.Text;

namespace Rx.ThriftStreams.Tool;

/// <summary>The files of a run: those that were named, and what they include.</summary>
internal sealed record LoadedSources(IReadOnlyList<SourceFile> Named, IReadOnlyList<SourceFile> All, SourceSet Set);

/// <summary>Reads files from disk, includes as well: the compiler itself never does.</summary>
internal static class SourceLoader
{
    /// <summary>Reads all files; <see langword="null"/>, once reported, if one that was named does not exist.</summary>
    public static LoadedSources? Load(
        IReadOnlyList<string> paths, IReadOnlyList<string> includeDirectories, CompilerOptions named, CompilerOptions included, TextWriter error)
    {
        var files = new Dictionary<string, SourceFile>(StringComparer.Ordinal);
        var order = new List<SourceFile>();
        string[] directories = ["", .. includeDirectories];
        foreach (var path in paths)
        {
            if (!File.Exists(path))
            {
                error.WriteLine($"error: The file \"{path}\" does not exist.");
                return null;
            }

            Read(path, named);
        }

        var count = order.Count;
        for (var i = 0; i < order.Count; i++)
        {
            foreach (var include in order[i].Syntax.Includes)
            {
                var found = SourceSet.Candidates(order[i].Path, include.Path, directories).FirstOrDefault(File.Exists);
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
            var normalized = IdlPath.Normalize(path);
            if (!files.ContainsKey(normalized))
            {
                var file = new SourceFile(Parser.Parse(new IdlText(path, File.ReadAllText(path)), options.Apache), options);
                files.Add(normalized, file);
                order.Add(file);
            }
        }
    }
}
