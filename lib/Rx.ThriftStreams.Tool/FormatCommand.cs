using Rx.ThriftStreams.Compiler.Formatting;
using Rx.ThriftStreams.Compiler.Text;

namespace Rx.ThriftStreams.Tool;

/// <summary><c>thriftstreams format</c></summary>
internal static class FormatCommand
{
    public static int Run(IReadOnlyList<string> paths, bool write, bool check, TextWriter output, TextWriter error)
    {
        if (write && check)
        {
            error.WriteLine("error: --write and --check exclude each other.");
            return ExitCodes.Usage;
        }

        var code = ExitCodes.Success;
        foreach (var path in paths)
        {
            if (!File.Exists(path))
            {
                error.WriteLine($"error: The file \"{path}\" does not exist.");
                return ExitCodes.Usage;
            }

            var text = File.ReadAllText(path);
            var formatted = IdlFormatter.Format(new IdlText(path, text), out var diagnostics);
            if (formatted is null)
            {
                foreach (var diagnostic in diagnostics)
                {
                    error.WriteLine(diagnostic);
                }

                code = ExitCodes.Findings;
                continue;
            }

            if (!write && !check)
            {
                output.Write(formatted);
            }
            else if (formatted != text)
            {
                output.WriteLine(path);
                if (write)
                {
                    File.WriteAllText(path, formatted);
                }
                else
                {
                    code = ExitCodes.Findings;
                }
            }
        }

        return code;
    }
}
