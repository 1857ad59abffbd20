using System.IO.Compression;
using System.Text.Json;

namespace Rx.ThriftStreams.Packages.Tests;

/// <summary>The licences of what the packages contain of others.</summary>
[Trait("Category", "Package")]
public sealed class NoticesTests(PackedPackages packages)
{
    private const string File = "THIRD-PARTY-NOTICES.txt";

    public static TheoryData<string> WithoutForeignAssemblies() => [.. PackedPackages.Names.Where(static name => name != "Rx.ThriftStreams.Tool")];

    [Theory]
    [MemberData(nameof(WithoutForeignAssemblies))]
    public async Task Package_ThatIsNotATool_HasOnlyOurAssemblies(string package)
    {
        using var archive = await packages.OpenAsync(package);

        Assert.All(AssembliesOf(archive), name => Assert.StartsWith("Rx.ThriftStreams", name, StringComparison.Ordinal));
        Assert.Null(archive.GetEntry(File));
    }

    [Fact]
    public async Task Tool_HasTheNoticesOfEachPackageWhoseAssembliesItContains()
    {
        using var archive = await packages.OpenAsync("Rx.ThriftStreams.Tool");
        var sections = (await ReadAsync(archive, File)).ReplaceLineEndings("\n").Split(new string('=', 80));
        var entries = sections[0].Trim().Split("\n\n").Skip(1).Select(static entry => entry.Trim().Split('\n')).ToList();

        // The packages by what the host of the program reads, and their assemblies by what is in the archive.
        using var dependencies = JsonDocument.Parse(await ReadAsync(archive, "tools/net10.0/any/thriftstreams.deps.json"));
        var bundled = dependencies.RootElement.GetProperty("libraries").EnumerateObject()
            .Where(static library => library.Value.GetProperty("type").GetString() == "package").Select(static library => library.Name.Replace('/', ' ')).ToList();
        Assert.Equal(bundled.Order(StringComparer.OrdinalIgnoreCase), entries.Select(static entry => entry[0]));
        var assembliesOfPackages = dependencies.RootElement.GetProperty("targets").EnumerateObject().Single().Value.EnumerateObject()
            .Where(library => bundled.Contains(library.Name.Replace('/', ' ')) && library.Value.TryGetProperty("runtime", out _))
            .SelectMany(static library => library.Value.GetProperty("runtime").EnumerateObject().Select(static asset => Path.GetFileName(asset.Name)));
        Assert.Equal(
            assembliesOfPackages.Order(StringComparer.Ordinal),
            AssembliesOf(archive).Where(static name => !name.EndsWith(".resources.dll", StringComparison.Ordinal) && name != "thriftstreams.dll" && !name.StartsWith("Rx.ThriftStreams", StringComparison.Ordinal)).Order(StringComparer.Ordinal));

        Assert.All(entries, static entry =>
        {
            Assert.StartsWith("  Licence: ", entry[1], StringComparison.Ordinal);
            Assert.StartsWith("  Copyright", entry[2], StringComparison.Ordinal);
            Assert.StartsWith("  Project: https://", entry[3], StringComparison.Ordinal);
        });
        var licensed = sections.Skip(1).Select(static section => section.Trim()).Where(static section => section.StartsWith("Licence of ", StringComparison.Ordinal)).ToList();
        Assert.Equal(bundled.Select(static name => name.Split(' ')[0]).Order(StringComparer.Ordinal), licensed.SelectMany(static text => text.Split('\n')[0]["Licence of ".Length..].Split(", ")).Order(StringComparer.Ordinal));
        Assert.All(licensed, static text => Assert.Contains("Copyright", text, StringComparison.Ordinal));
        Assert.All(licensed, static text => Assert.InRange(text.Length, 1000, 20_000));
    }

    [Fact]
    public async Task Tool_HasTheLicencesAndNoticesThatComeWithThePackages()
    {
        using var archive = await packages.OpenAsync("Rx.ThriftStreams.Tool");
        var notices = (await ReadAsync(archive, File)).ReplaceLineEndings("\n");

        foreach (var (package, file) in (ReadOnlySpan<(string, string)>)[("Polly.Core", "LICENSE"), ("Google.Api.CommonProtos", "LICENSE"), ("System.IO.Hashing", "THIRD-PARTY-NOTICES.TXT")])
        {
            var version = notices.Split('\n').Single(line => line.StartsWith($"{package} ", StringComparison.Ordinal)).Split(' ')[1];
            var path = Path.Combine(PackedPackages.MachinePackages, package.ToLowerInvariant(), version, file);
            var text = System.IO.File.ReadAllText(path).ReplaceLineEndings("\n").Trim('\n');
            Assert.Contains(text, notices, StringComparison.Ordinal);
            Assert.Equal(notices.IndexOf(text, StringComparison.Ordinal), notices.LastIndexOf(text, StringComparison.Ordinal));
        }
    }

    private static IEnumerable<string> AssembliesOf(ZipArchive archive)
        => archive.Entries.Where(static entry => entry.Name.EndsWith(".dll", StringComparison.OrdinalIgnoreCase)).Select(static entry => entry.Name);

    private static async Task<string> ReadAsync(ZipArchive archive, string name)
    {
        using var reader = new StreamReader(await archive.GetEntry(name)!.OpenAsync(TestContext.Current.CancellationToken));
        return await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
    }
}
