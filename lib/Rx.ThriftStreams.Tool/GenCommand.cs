using Rx.ThriftStreams.Compiler.Emit;
using Rx.ThriftStreams.Compiler.Semantics;

namespace Rx.ThriftStreams.Tool;

/// <summary><c>thriftstreams gen</c></summary>
internal static class GenCommand
{
    public static int Run(LoadedSources sources, string directory, bool withIncludes, TextWriter output, TextWriter error)
    {
        var failed = false;
        var files = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var source in withIncludes ? sources.All : sources.Named)
        {
            var bound = Binder.Bind(source, sources.Set);
            foreach (var diagnostic in bound.Diagnostics)
            {
                error.WriteLine(diagnostic);
            }

            failed |= bound.HasErrors;
            foreach (var file in FileEmitter.Emit(bound))
            {
                var name = bound.File.Source.BaseName + "." + file.Name + ".g.cs";
                if (!files.TryAdd(name, file.Text))
                {
                    error.WriteLine($"error: Two files would be written to \"{name}\": two IDL files have one name. Compile them into different directories.");
                    failed = true;
                }
            }
        }

        if (failed)
        {
            return ExitCodes.Findings;
        }

        Directory.CreateDirectory(directory);
        foreach (var (name, text) in files)
        {
            File.WriteAllText(Path.Combine(directory, name), text);
        }

        output.WriteLine($"{files.Count} files written to {directory}.");
        return ExitCodes.Success;
    }
}
