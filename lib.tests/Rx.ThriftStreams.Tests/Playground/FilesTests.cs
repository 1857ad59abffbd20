namespace Rx.ThriftStreams.Tests.Playground;

/// <summary>The program of the page about files.</summary>
public sealed class FilesTests
{
    [Fact]
    public async Task Files_ServerRestartsWithinAnUpload_ContinuesItAndStoresTheWholeFile()
    {
        using var program = PlaygroundProcess.Start("Files", "Files");

        await program.ReadUntilAsync("Downloaded");

        var output = program.Output;
        Assert.Contains("the server restarts", output, StringComparison.Ordinal);
        Assert.Matches("The upload continues at [1-9][0-9]? %", output);
        Assert.Contains("67108864 bytes are stored.", output, StringComparison.Ordinal);
        Assert.Contains(": equal.", output, StringComparison.Ordinal);
    }
}
