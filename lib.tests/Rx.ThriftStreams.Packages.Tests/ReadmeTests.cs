using System.Text.RegularExpressions;

namespace Rx.ThriftStreams.Packages.Tests;

/// <summary>The readmes of the packages, as their readers get them: each shows a contract and a program, which build with the package and nothing else.</summary>
[Trait("Category", "Package")]
public sealed partial class ReadmeTests(PackedPackages packages)
{
    [Theory]
    [InlineData("Rx.ThriftStreams", "client.cs")]
    [InlineData("Rx.ThriftStreams.AspNetCore", "server.cs")]
    [InlineData("Rx.ThriftStreams.Hosting", "worker.cs")]
    [InlineData("Rx.ThriftStreams.Dynamic", "dynamic.cs")]
    [InlineData("Rx.ThriftStreams.HttpJson", "http-json.cs")]
    [InlineData("Rx.ThriftStreams.Etcd", "etcd.cs")]
    public async Task Program_OfAReadme_Builds(string package, string program)
        => await DotNet.RunAsync(await ExtractAsync(package, program), "build", program, "-nologo", "-v", "q");

    [Fact]
    public async Task Program_OfTheReadmeAboutApache_WritesWhatIsShown()
    {
        var directory = await ExtractAsync("Rx.ThriftStreams.Apache", "apache.cs");

        Assert.Equal("""{"1":{"str":"Ada"}}""", (await DotNet.RunAsync(directory, "run", "apache.cs")).Trim());
    }

    /// <summary>Writes the contract and the program of a readme into a directory of their own.</summary>
    private async Task<string> ExtractAsync(string package, string program)
    {
        using var archive = await packages.OpenAsync(package);
        await using var entry = await archive.GetEntry("README.md")!.OpenAsync(TestContext.Current.CancellationToken);
        using var reader = new StreamReader(entry);
        var readme = await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
        Assert.Contains($"`dotnet run {program}`", readme, StringComparison.Ordinal);

        var directory = packages.CreateDirectory($"Readme.{package}");
        await File.WriteAllTextAsync(Path.Combine(directory, "hello.thrift"), Assert.Single(Block().Matches(readme), static m => m.Groups["language"].Value == "thrift").Groups["code"].Value, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(directory, program), Block().Matches(readme).First(static m => m.Groups["language"].Value == "csharp").Groups["code"].Value, TestContext.Current.CancellationToken);
        return directory;
    }

    [GeneratedRegex(@"^```(?<language>thrift|csharp)\n(?<code>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();
}
