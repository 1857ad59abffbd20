using Rx.ThriftStreams.Tool;

namespace Rx.ThriftStreams.Compiler.Tests;

/// <summary>The command-line tool, run in the process, with a directory of its own for files.</summary>
internal sealed class ToolRun : IDisposable
{
    public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("thriftstreams").FullName;

    /// <summary>The path of a file of <c>Cases</c>.</summary>
    public static string Case(string name) => Path.Combine(AppContext.BaseDirectory, "Cases", name);

    public static (int Code, string Output, string Error) Run(params string[] args) => RunWith("", args);

    public static (int Code, string Output, string Error) RunWith(string input, params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        using var standardInput = new StringReader(input);
        var code = CommandLine.Run(args, output, error, standardInput);
        return (code, output.ToString(), error.ToString());
    }

    /// <summary>The ids of what <c>check</c> finds.</summary>
    public static string[] Check(string path, params string[] more)
        => [.. Run(["check", path, .. more]).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => line.Split(": ")[1].Split(' ')[1])];

    public string Write(string name, string text) => Write(name, System.Text.Encoding.UTF8.GetBytes(text));

    public string Write(string name, byte[] bytes)
    {
        var path = Path.Combine(Directory, name);
        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    public void Dispose() => System.IO.Directory.Delete(Directory, recursive: true);
}
