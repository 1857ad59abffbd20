using System.IO.Compression;

namespace Rx.ThriftStreams.Packages.Tests;

/// <summary>All packages of the repository, packed once into a folder that consumers restore from.</summary>
/// <remarks>
/// Consumers are in a temporary directory, out of reach of the repository's properties, and extract packages into their own folder. What the machine has
/// extracted already serves as a fallback, so that nothing is loaded twice.
/// </remarks>
public sealed class PackedPackages : IAsyncLifetime
{
    private readonly string _directory = Directory.CreateTempSubdirectory("thriftstreams-packages").FullName;

    public string Version { get; } = $"0.1.0-test.{DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()}";

    public string Feed => Path.Combine(_directory, "feed");

    public string ExtractedPackages => Path.Combine(_directory, "packages");

    /// <summary>Where the machine has extracted packages.</summary>
    public static string MachinePackages { get; } = Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");

    /// <summary>The projects under <c>lib/</c> that are packed, by name.</summary>
    public static IEnumerable<string> Names => Directory.EnumerateDirectories(Path.Combine(Repository.Root, "lib"), "Rx.ThriftStreams*")
        .Select(d => Path.GetFileName(d))
        .Where(name => name != "Rx.ThriftStreams.Compiler" && File.Exists(ProjectOf(name)))
        .Order(StringComparer.Ordinal);

    public async ValueTask InitializeAsync()
    {
        // One evaluation of MSBuild for all of them.
        var projects = Path.Combine(_directory, "pack.proj");
        var items = string.Concat(Names.Select(name => $"<Packed Include=\"{ProjectOf(name)}\" />"));
        await File.WriteAllTextAsync(projects, $"""
            <Project>
              <ItemGroup>{items}</ItemGroup>
              <Target Name="Build">
                <MSBuild Projects="@(Packed)" Targets="Pack" BuildInParallel="true" Properties="{string.Join(';', PackProperties(Feed))}" />
              </Target>
            </Project>
            """);
        await DotNet.RunAsync(Repository.Root, "build", projects, "-nologo", "-v", "q");

        await File.WriteAllTextAsync(Path.Combine(_directory, "nuget.config"), $"""
            <configuration>
              <config><add key="globalPackagesFolder" value="{ExtractedPackages}" /></config>
              <packageSources><clear /><add key="packed" value="{Feed}" /></packageSources>
              <fallbackPackageFolders><add key="machine" value="{MachinePackages}" /></fallbackPackageFolders>
            </configuration>
            """);
        await File.WriteAllTextAsync(Path.Combine(_directory, "Directory.Build.props"), $"""
            <Project>
              <PropertyGroup>
                <ThriftStreamsVersion>{Version}</ThriftStreamsVersion>
                <NuGetAudit>false</NuGetAudit>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
              </PropertyGroup>
            </Project>
            """);
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(_directory, recursive: true);
        return ValueTask.CompletedTask;
    }

    /// <summary>Packs one project again, under the same version.</summary>
    public async Task PackAgainAsync(string name, string extractedPackages, params string[] properties)
        => await DotNet.RunAsync(Repository.Root,
            ["build", ProjectOf(name), "-nologo", "-v", "q", "-t:Pack", $"-p:ExtractedPackagesRoot={extractedPackages}", .. PackProperties(Path.Combine(_directory, "again")).Select(p => $"-p:{p}"), .. properties]);

    /// <summary>Packs a project that is not under <c>lib/</c> into the feed.</summary>
    public Task PackAsync(string project, params string[] properties)
        => DotNet.RunAsync(Repository.Root, ["build", project, "-nologo", "-v", "q", "-t:Pack", .. PackProperties(Feed).Concat(properties).Select(p => $"-p:{p}")]);

    public async Task<ZipArchive> OpenAsync(string name)
        => await ZipFile.OpenReadAsync(Path.Combine(Feed, $"{name}.{Version}.nupkg"), TestContext.Current.CancellationToken);

    /// <summary>Makes an empty directory for a consumer.</summary>
    public string CreateDirectory(string name) => Directory.CreateDirectory(Path.Combine(_directory, name)).FullName;

    /// <summary>Copies a project of <c>Consumers/</c> to where the packages are all that it has of the repository.</summary>
    public string CopyConsumer(string name)
    {
        var target = CreateDirectory(name);
        foreach (var file in Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "Consumers", name)))
        {
            File.Copy(file, Path.Combine(target, Path.GetFileName(file)), overwrite: true);
        }

        return target;
    }

    private string[] PackProperties(string output) =>
    [
        "NoBuild=true",
        $"Configuration={new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name}",
        $"PackageOutputPath={output}",
        $"MinVerVersionOverride={Version}",
    ];

    private static string ProjectOf(string name) => Path.Combine(Repository.Root, "lib", name, $"{name}.csproj");
}
