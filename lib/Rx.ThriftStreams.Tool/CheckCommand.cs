using Rx.ThriftStreams.Compiler.Diagnostics;
using Rx.ThriftStreams.Compiler.Semantics;

namespace Rx.ThriftStreams.Tool;

/// <summary><c>thriftstreams check</c></summary>
internal static class CheckCommand
{
    public static int Run(LoadedSources sources, FindingsFormat format, bool strict, TextWriter output)
    {
        var found = Check(sources.BindAll());
        Findings.Write(found.ConvertAll(static d => new Finding(d)), format, output);
        return found.Exists(d => strict || d.IsError) ? ExitCodes.Findings : ExitCodes.Success;
    }

    /// <summary>The findings of each file, and of the files together.</summary>
    public static List<IdlDiagnostic> Check(IReadOnlyList<BoundFile> files)
        => [.. files.SelectMany(static f => f.Diagnostics), .. DeclaredTypes.FindClashes(files.Select(static f => DeclaredTypes.Of(f.File)))];
}
