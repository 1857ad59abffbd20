namespace Rx.ThriftStreams.Packages.Tests;

/// <summary>The first program of the documentation, as its readers paste it.</summary>
internal static class HelloSample
{
    /// <summary>Where the same program is with a reference to the project, and the contract of both.</summary>
    public static string Playground { get; } = Path.Combine(Repository.Root, "playground", "Hello");

    public static async Task<string> ReadAsync()
    {
        var lines = await File.ReadAllLinesAsync(Path.Combine(Repository.Root, "lib.tests", "Rx.ThriftStreams.Packages.Tests", "Samples", "hello.cs"), TestContext.Current.CancellationToken);
        return string.Concat(lines.Where(static line => !line.StartsWith("// <", StringComparison.Ordinal)).Select(static line => $"{line}\n"));
    }
}
