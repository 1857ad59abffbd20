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
            var (source, encoding) = IdlEncoding.Decode(path, File.ReadAllBytes(path));
            if (IdlFormatter.Format(source, out var diagnostics) is not { } formatted)
            {
                foreach (var diagnostic in diagnostics)
                {
                    error.WriteLine(diagnostic);
                }

                code = ExitCodes.Findings;
            }
            else if (!write && !check)
            {
                output.Write(formatted);
            }
            else if (formatted != source.Text)
            {
                output.WriteLine(path);
                if (write)
                {
                    File.WriteAllBytes(path, encoding.Encode(formatted));
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
