using System.IO.Compression;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Rx.ThriftStreams.Packages.Tests;

/// <summary>What is in the packages.</summary>
[Trait("Category", "Package")]
public sealed partial class PackageTests(PackedPackages packages)
{
    /// <summary>The kind of debug information that is the text of a file, in the specification of portable PDBs.</summary>
    private static readonly Guid EmbeddedSource = new("0E8A571B-6926-466E-B4AD-8AB04611F5FE");

    public static TheoryData<string> Packages() => [.. PackedPackages.Names];

    public static TheoryData<string> Libraries() => [.. PackedPackages.Names.Where(name => name is not ("Rx.ThriftStreams.Tool" or "Rx.ThriftStreams.Templates"))];

    [Theory]
    [MemberData(nameof(Packages))]
    public async Task Package_HasTitleReadmeIconLicenceNoticeAndChanges(string package)
    {
        using var archive = await packages.OpenAsync(package);
        var metadata = (await NuspecAsync(archive, package)).Elements().ToDictionary(e => e.Name.LocalName, StringComparer.Ordinal);

        Assert.Equal("Apache-2.0", metadata["license"].Value);
        Assert.NotEmpty(metadata["description"].Value);
        Assert.Contains("thrift", metadata["tags"].Value.Split(' '));
        Assert.StartsWith("Rx.ThriftStreams", metadata["title"].Value, StringComparison.Ordinal);
        Assert.Contains("CHANGELOG.md", metadata["releaseNotes"].Value, StringComparison.Ordinal);
        foreach (var file in (string[])["CHANGELOG.md", "NOTICE", metadata["icon"].Value, metadata["readme"].Value])
        {
            Assert.NotNull(archive.GetEntry(file));
        }

        using var readme = new StreamReader(archive.GetEntry(metadata["readme"].Value)!.Open());
        Assert.Equal($"# {package}", await readme.ReadLineAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [MemberData(nameof(Libraries))]
    public async Task Package_OfALibrary_DependsOnTheExactVersionOfItsSiblings(string package)
    {
        using var archive = await packages.OpenAsync(package);
        var dependencies = (await NuspecAsync(archive, package)).Descendants().Where(e => e.Name.LocalName == "dependency").ToList();

        var siblings = dependencies.Where(d => d.Attribute("id")!.Value.StartsWith("Rx.ThriftStreams", StringComparison.Ordinal)).ToList();
        Assert.Equal(package != "Rx.ThriftStreams", siblings.Count > 0);
        Assert.All(siblings, d => Assert.Equal($"[{packages.Version}]", d.Attribute("version")!.Value));
        Assert.All(siblings, d => Assert.Equal("All", d.Attribute("include")?.Value));
    }

    [Fact]
    public async Task Libraries_DependOnWhatThePageAboutVersionsLists()
    {
        var page = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "versioning.md"), TestContext.Current.CancellationToken);
        var listed = DependencyRow().Matches(page).Select(row => $"{row.Groups["package"].Value}: {string.Join(", ", QuotedName().Matches(row.Groups["list"].Value).Select(name => name.Groups["name"].Value))}");

        var packed = new List<string>();
        foreach (var package in PackedPackages.Names.Where(static name => name is not ("Rx.ThriftStreams.Tool" or "Rx.ThriftStreams.Templates" or "Rx.ThriftStreams.Playground")))
        {
            using var archive = await packages.OpenAsync(package);
            var dependencies = (await NuspecAsync(archive, package)).Descendants().Where(e => e.Name.LocalName == "dependency").Select(d => d.Attribute("id")!.Value);
            packed.Add($"{package}: {string.Join(", ", dependencies.Where(id => !id.StartsWith("Rx.ThriftStreams", StringComparison.Ordinal)).Order(StringComparer.Ordinal))}");
        }

        Assert.Equal(packed.Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Core_DependsOnTheOldestReactiveThatWorks_AndOnNothingThatHidesOperators()
    {
        using var archive = await packages.OpenAsync("Rx.ThriftStreams");
        var dependencies = (await NuspecAsync(archive, "Rx.ThriftStreams")).Descendants().Where(e => e.Name.LocalName == "dependency")
            .ToDictionary(d => d.Attribute("id")!.Value, d => d.Attribute("version")!.Value, StringComparer.Ordinal);

        Assert.Equal("6.0.1", dependencies["System.Reactive"]);
        Assert.DoesNotContain("System.Linq.Async", dependencies.Keys);
        Assert.DoesNotContain("ApacheThrift", dependencies.Keys);
    }

    [Theory]
    [MemberData(nameof(Libraries))]
    public async Task Documentation_InThePackage_IsOfPublicTypesOnly(string package)
    {
        using var archive = await packages.OpenAsync(package);
        var documentation = await ReadXmlAsync(archive, $"lib/net10.0/{package}.xml");
        var documented = documentation.Descendants("member").Select(m => m.Attribute("name")!.Value).Where(name => name[0] == 'T').Select(name => name[2..]).ToHashSet(StringComparer.Ordinal);

        using var assembly = new PEReader(await ReadAsync(archive, $"lib/net10.0/{package}.dll"));
        var reader = assembly.GetMetadataReader();
        var types = reader.TypeDefinitions.Select(reader.GetTypeDefinition).Where(t => !t.IsNested)
            .ToLookup(t => (t.Attributes & System.Reflection.TypeAttributes.VisibilityMask) == System.Reflection.TypeAttributes.Public, t => $"{reader.GetString(t.Namespace)}.{reader.GetString(t.Name)}");

        Assert.NotEmpty(types[true]);
        Assert.Empty(types[true].Except(documented));
        Assert.Empty(types[false].Intersect(documented));
    }

    [Theory]
    [MemberData(nameof(Libraries))]
    public async Task Assembly_IsReproducibleAndHasItsSymbols(string package)
    {
        using var archive = await packages.OpenAsync(package);
        using var assembly = new PEReader(await ReadAsync(archive, $"lib/net10.0/{package}.dll"));

        var debug = assembly.ReadDebugDirectory();

        Assert.Contains(debug, entry => entry.Type == DebugDirectoryEntryType.Reproducible);
        var symbols = Assert.Single(debug, entry => entry.Type == DebugDirectoryEntryType.EmbeddedPortablePdb);
        using var provider = assembly.ReadEmbeddedPortablePdbDebugDirectoryData(symbols);
        var reader = provider.GetMetadataReader();
        Assert.NotEmpty(reader.Documents);

        // The sources travel in the symbols, as long as the project has no address where Source Link could find them.
        var withSource = reader.CustomDebugInformation.Select(reader.GetCustomDebugInformation)
            .Where(info => reader.GetGuid(info.Kind) == EmbeddedSource).Select(static info => info.Parent).ToHashSet();
        Assert.All(reader.Documents, document => Assert.Contains((EntityHandle)document, withSource));
    }

    [Fact]
    public async Task Core_HasTheDocumentation_WhoseLinksLeadToFilesOfThePackage()
    {
        using var archive = await packages.OpenAsync("Rx.ThriftStreams");
        var files = archive.Entries.Select(static entry => entry.FullName).ToHashSet(StringComparer.Ordinal);
        Assert.Superset(new HashSet<string> { "docs/index.md", "docs/getting-started.md", "docs/adr/0001-one-generic-codec.md", "docs/images/comparison.svg", "docs/grafana/thriftstreams.json", "docs/prometheus/thriftstreams-rules.yml" }, files);

        foreach (var page in files.Where(static file => file.StartsWith("docs/", StringComparison.Ordinal) && file.EndsWith(".md", StringComparison.Ordinal)))
        {
            using var reader = new StreamReader(await ReadAsync(archive, page));
            foreach (Match link in Link().Matches(await reader.ReadToEndAsync(TestContext.Current.CancellationToken)))
            {
                var target = Path.GetRelativePath("/", Path.Combine("/", Path.GetDirectoryName(page)!, link.Groups["target"].Value)).Replace('\\', '/');
                Assert.True(files.Contains(target) || (target == "docs/adr"), $"{page}: {link.Value} leads to no file of the package.");
            }
        }
    }

    [Fact]
    public async Task Pack_WithABaselineThatHasAPublicTypeMore_Fails()
    {
        // A released version with a public type that does not exist any more.
        var directory = packages.CreateDirectory("Baseline");
        await File.WriteAllTextAsync(Path.Combine(directory, "Baseline.csproj"), """
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <TargetFramework>net10.0</TargetFramework>
                <AssemblyName>Rx.ThriftStreams.Apache</AssemblyName>
                <Version>0.0.1</Version>
              </PropertyGroup>
            </Project>
            """, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(directory, "Removed.cs"), "namespace Rx.ThriftStreams.Apache; public sealed class Removed;", TestContext.Current.CancellationToken);
        await DotNet.RunAsync(directory, "pack", "-nologo", "-v", "q", "-o", directory);

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => packages.PackAgainAsync(
            "Rx.ThriftStreams.Apache", packages.CreateDirectory("nothing-extracted"), "-p:PackageValidationBaselineVersion=0.0.1", $"-p:PackageValidationBaselinePath={Path.Combine(directory, "Rx.ThriftStreams.Apache.0.0.1.nupkg")}"));

        Assert.Contains("CP0001: Type 'Rx.ThriftStreams.Apache.Removed' exists on [Baseline]", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pack_UnderAVersionThatIsExtracted_RemovesWhatIsExtracted()
    {
        var extracted = packages.CreateDirectory("extracted");
        var stale = Directory.CreateDirectory(Path.Combine(extracted, "rx.thriftstreams.apache", packages.Version));
        await File.WriteAllTextAsync(Path.Combine(stale.FullName, "old.txt"), "", TestContext.Current.CancellationToken);

        await packages.PackAgainAsync("Rx.ThriftStreams.Apache", extracted);

        Assert.False(Directory.Exists(stale.FullName));
    }

    /// <summary>A row of the table of dependencies. Its last column has as many licences as there are names.</summary>
    [GeneratedRegex(@"^\| `(?<package>Rx\.ThriftStreams[.\w]*)` \| (?<list>.*) \| .*\|$", RegexOptions.Multiline)]
    private static partial Regex DependencyRow();

    [GeneratedRegex("`(?<name>[^`]+)`")]
    private static partial Regex QuotedName();

    /// <summary>A link to a file.</summary>
    [GeneratedRegex(@"\]\((?<target>[^):#\s]+)(#[^)]*)?\)")]
    private static partial Regex Link();

    private static async Task<XElement> NuspecAsync(ZipArchive archive, string package)
        => (await ReadXmlAsync(archive, $"{package}.nuspec")).Root!.Elements().Single(e => e.Name.LocalName == "metadata");

    private static async Task<XDocument> ReadXmlAsync(ZipArchive archive, string name) => XDocument.Load(await ReadAsync(archive, name));

    private static async Task<MemoryStream> ReadAsync(ZipArchive archive, string name)
    {
        var entry = archive.GetEntry(name);
        Assert.True(entry is not null, $"{name} is missing among: {string.Join(", ", archive.Entries.Select(e => e.FullName))}");
        var content = new MemoryStream();
        await using var stream = await entry.OpenAsync(TestContext.Current.CancellationToken);
        await stream.CopyToAsync(content, TestContext.Current.CancellationToken);
        content.Position = 0;
        return content;
    }
}
