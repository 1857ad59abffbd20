namespace Rx.ThriftStreams.Compiler.Tests;

/// <summary>The tool as other programs start it.</summary>
internal static class ToolShell
{
    /// <summary>The tool as it was built for itself: beside the tests it lacks assemblies that these find in ASP.NET Core.</summary>
    public static string ToolDirectory { get; } = Path.Combine(
        Repository.Root, "lib", "Rx.ThriftStreams.Tool", "bin", new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name, "net10.0");

    /// <summary>Whether a program is installed.</summary>
    public static bool Has(string program)
        => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(directory => File.Exists(Path.Combine(directory, program)));
}
