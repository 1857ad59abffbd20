using Rx.ThriftStreams.Compiler.Emit;

namespace Rx.ThriftStreams.Tool;

/// <summary><c>thriftstreams gen</c></summary>
internal static class GenCommand
{
    public static int Run(LoadedSources sources, string directory, bool withIncludes, TextWriter output, TextWriter error)
    {
        var bound = withIncludes ? sources.BindAll() : sources.Bind(sources.Named);
        var found = CheckCommand.Check(bound);
        foreach (var diagnostic in found)
        {
            error.WriteLine(diagnostic);
        }

        if (found.Exists(static d => d.IsError))
        {
            return ExitCodes.Findings;
        }

        // Computed over all files of the run, as in the build, so that --no-includes does not change names.
        var prefixes = FilePrefixes.Of(sources.All);
        var count = 0;
        Directory.CreateDirectory(directory);
        foreach (var file in bound)
        {
            foreach (var generated in FileEmitter.Emit(file))
            {
                File.WriteAllText(Path.Combine(directory, prefixes[file.File.SourceFile] + "." + generated.Name + ".g.cs"), generated.Text);
                count++;
            }
        }

        output.WriteLine($"{count} files written to {directory}.");
        return ExitCodes.Success;
    }
}
