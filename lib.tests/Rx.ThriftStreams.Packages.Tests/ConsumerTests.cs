using System.Text.RegularExpressions;

namespace Rx.ThriftStreams.Packages.Tests;

/// <summary>The packages as strangers get them: restored from a folder and used by projects outside the repository.</summary>
[Trait("Category", "Package")]
public sealed partial class ConsumerTests(PackedPackages packages)
{
    [Fact]
    public async Task Console_WithEveryAnalyzer_BuildsAndRuns()
    {
        var directory = packages.CopyConsumer("Console");

        await BuildAsync(directory);

        Assert.Equal("Item { Name = \"it works\" } ThriftClient", await RunAsync(directory));

        // And a mistake in the IDL is an error of the build, in the IDL.
        await File.WriteAllTextAsync(Path.Combine(directory, "common.thrift"), "namespace csharp Consumer.Common\nstruct Item { 1: required strng name }", TestContext.Current.CancellationToken);
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => BuildAsync(directory, "--no-restore"));
        Assert.Contains("common.thrift(2,27): error TS0025: undefined type: \"strng\". Did you mean \"string\"?", error.Message, StringComparison.Ordinal);

        // So is a change that breaks the released version.
        Directory.CreateDirectory(Path.Combine(directory, "Released"));
        await File.WriteAllTextAsync(Path.Combine(directory, "Released", "common.thrift"), "namespace csharp Consumer.Common struct Item { 1: required string name }", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(directory, "common.thrift"), "namespace csharp Consumer.Common\nstruct Item { 1: required i64 name }", TestContext.Current.CancellationToken);
        error = await Assert.ThrowsAsync<InvalidOperationException>(() => BuildAsync(directory, "--no-restore"));
        Assert.Contains("common.thrift(2,31): error TB101: Item.name changed its type from string to i64", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Web_WithServerAndApachePackages_BuildsAndServes()
    {
        var directory = packages.CopyConsumer("Web");

        await BuildAsync(directory);

        Assert.Equal("5 6 7\n9", await RunAsync(directory));
    }

    [Theory]
    [InlineData("Older", "6")]
    [InlineData("Newer", "7")]
    public async Task LinqAndRx_WithThePackagesOfAHost_AreNotAmbiguous(string consumer, string reactive)
    {
        var directory = packages.CopyConsumer(consumer);

        await BuildAsync(directory);

        Assert.Equal($"0:1 1:2 2:2\n3 7\n{reactive}", await RunAsync(directory));
    }

    [Fact]
    public async Task Restore_ForAnOlderFramework_IsRefused()
    {
        var directory = packages.CopyConsumer("Refused");

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => DotNet.RunAsync(directory, "restore", "-nologo"));

        Assert.Contains($"error NU1202: Package Rx.ThriftStreams {packages.Version} is not compatible with net8.0", error.Message, StringComparison.Ordinal);
        Assert.Contains($"error NU1202: Package Rx.ThriftStreams {packages.Version} is not compatible with netstandard2.0", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FirstProgramOfTheDocumentation_WithThePackedNuGetConfig_Runs()
    {
        // A folder that knows nothing of the packages but the nuget.config that is packed with them.
        using var stranger = new StrangersFolder(packages);
        var directory = stranger.Path;
        File.Copy(Path.Combine(packages.Feed, "nuget.config"), Path.Combine(directory, "nuget.config"));
        await File.WriteAllTextAsync(Path.Combine(directory, "hello.cs"), await HelloSample.ReadAsync(), TestContext.Current.CancellationToken);
        var contract = await File.ReadAllTextAsync(Path.Combine(HelloSample.Playground, "hello.thrift"), TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(directory, "hello.thrift"), contract, TestContext.Current.CancellationToken);

        Assert.Equal("Good\nmorning,\nAda", Normalise(await DotNet.RunAsync(directory, "run", "hello.cs")));

        // Changing only the contract triggers a rebuild.
        await File.WriteAllTextAsync(Path.Combine(directory, "hello.thrift"), contract.Replace("string text", "string words", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => DotNet.RunAsync(directory, "run", "hello.cs"));
        Assert.Contains("'Greeting' does not contain a definition for 'Text'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task HelloOfThePlayground_IsTheProgramOfTheDocumentation_WithTheProject()
    {
        var program = await File.ReadAllTextAsync(Path.Combine(HelloSample.Playground, "hello.cs"), TestContext.Current.CancellationToken);

        Assert.Equal(await HelloSample.ReadAsync(), ProjectReference().Replace(program, "#:package Rx.ThriftStreams.AspNetCore@0.1.0-*\n"));
    }

    [GeneratedRegex(@"\A//.*\n#:project .*/Rx\.ThriftStreams\.AspNetCore\.csproj\n")]
    private static partial Regex ProjectReference();

    private static Task<string> BuildAsync(string directory, params string[] arguments) => DotNet.RunAsync(directory, ["build", "-nologo", "-v", "q", .. arguments]);

    private static async Task<string> RunAsync(string directory)
    {
        var name = Path.GetFileName(directory);
        return Normalise(await DotNet.RunAsync(directory, "exec", Path.Combine("bin", "Debug", "net10.0", $"{name}.dll")));
    }

    private static string Normalise(string output) => output.ReplaceLineEndings("\n").Trim();
}
