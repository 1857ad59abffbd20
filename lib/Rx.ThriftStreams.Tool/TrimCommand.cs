using Rx.ThriftStreams.Compiler.Semantics;
using Rx.ThriftStreams.Compiler.Trimming;

namespace Rx.ThriftStreams.Tool;

/// <summary><c>thriftstreams trim</c></summary>
internal static class TrimCommand
{
    public static int Run(LoadedSources sources, IReadOnlyList<string> methods, string directory, TextWriter output, TextWriter error)
    {
        var files = sources.BindAll();
        var errors = files.SelectMany(static f => f.Diagnostics).Where(static d => d.IsError).ToList();
        if (errors.Count > 0)
        {
            errors.ForEach(error.WriteLine);
            return ExitCodes.Findings;
        }

        var reachable = new Reachable(files[0].Binder);
        foreach (var method in methods)
        {
            var found = Find(method, files);
            if (found.Count == 0)
            {
                error.WriteLine($"error: No service of the files has \"{method}\". Name a method as Service.method, or all methods of a service as Service.");
                return ExitCodes.Usage;
            }

            found.ForEach(f => reachable.Add(f.Service, f.Function));
        }

        var texts = IdlTrimmer.Trim(files, sources.Set, reachable).Select(static t => (Path: Path.GetFullPath(t.Key.Path), Text: t.Value)).ToList();
        var root = CommonDirectory(texts.ConvertAll(static t => Path.GetDirectoryName(t.Path)!));
        foreach (var (path, text) in texts)
        {
            var target = Path.Combine(directory, Path.GetRelativePath(root, path));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.WriteAllText(target, text);
        }

        output.WriteLine($"{texts.Count} files written to {directory}.");
        return ExitCodes.Success;
    }

    private static List<(ServiceSymbol Service, FunctionSymbol Function)> Find(string method, IReadOnlyList<BoundFile> files)
    {
        var dot = method.LastIndexOf('.');
        var (service, function) = dot < 0 ? (method, null) : (method[..dot], method[(dot + 1)..]);
        return [.. files
            .SelectMany(static f => f.File.Services.Select(s => (Service: s, f.Binder)))
            .Where(s => s.Service.Name == service)
            .SelectMany(static s => s.Binder.AllFunctionsOf(s.Service).Select(f => (s.Service, f)))
            .Where(f => function is null || f.f.Name == function)];
    }

    private static string CommonDirectory(List<string> directories)
    {
        var root = directories[0];
        while (directories.Exists(d => d != root && !d.StartsWith(root.TrimEnd(Path.DirectorySeparatorChar) + Path.DirectorySeparatorChar, StringComparison.Ordinal)))
        {
            root = Path.GetDirectoryName(root)!;
        }

        return root;
    }
}
