using System.IO.Compression;
using System.Reflection.PortableExecutable;
using System.Text;

namespace Rx.ThriftStreams.Packages.Tests;

/// <summary>What a package says about the machine that packed it.</summary>
[Trait("Category", "Package")]
public sealed class PathTests(PackedPackages packages)
{
    /// <summary>The kind of debug information that is the document of Source Link, in the specification of portable PDBs.</summary>
    private static readonly Guid SourceLink = new("CC110556-A091-4D38-9FEC-25AB9A351A6A");

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Pack_OfARelease_HasNoPathOfTheMachine(bool isClone)
    {
        var sources = await CreateSourcesAsync(isClone);

        // Without the variable CI, as on the machine of a developer.
        await DotNet.RunAsync(sources, "pack", "lib/Probe", "-c", "Release", "-nologo", "-v", "q", "-o", sources, "-p:CI=false", "-p:MinVerVersionOverride=0.0.1", $"-p:ExtractedPackagesRoot={sources}");

        await using var archive = await ZipFile.OpenReadAsync(Assert.Single(Directory.EnumerateFiles(sources, "*.nupkg")), TestContext.Current.CancellationToken);
        var content = new MemoryStream();
        await using (var stream = await archive.GetEntry("lib/net10.0/Probe.dll")!.OpenAsync(TestContext.Current.CancellationToken))
        {
            await stream.CopyToAsync(content, TestContext.Current.CancellationToken);
        }

        Assert.True(content.ToArray().AsSpan().IndexOf(Encoding.UTF8.GetBytes(sources)) < 0);
        content.Position = 0;
        CheckSymbols(content, isClone);
    }

    private static void CheckSymbols(Stream content, bool isClone)
    {
        using var assembly = new PEReader(content);
        using var provider = assembly.ReadEmbeddedPortablePdbDebugDirectoryData(assembly.ReadDebugDirectory().Single(static entry => entry.Type == DebugDirectoryEntryType.EmbeddedPortablePdb));
        var symbols = provider.GetMetadataReader();

        Assert.All(symbols.Documents, document => Assert.StartsWith("/_/", symbols.GetString(symbols.GetDocument(document).Name), StringComparison.Ordinal));
        var links = symbols.CustomDebugInformation.Select(symbols.GetCustomDebugInformation).Where(info => symbols.GetGuid(info.Kind) == SourceLink).Select(info => Encoding.UTF8.GetString(symbols.GetBlobBytes(info.Value)));
        Assert.Equal(isClone ? ["""{"documents":{"/_/*":"https://raw.githubusercontent.com/example/thrift/0123456789abcdef0123456789abcdef01234567/*"}}"""] : [], links);
    }

    /// <summary>A library with the properties of those of the repository, as an archive of the sources has them, or in as much of a clone as Source Link reads.</summary>
    private async Task<string> CreateSourcesAsync(bool isClone)
    {
        var target = packages.CreateDirectory($"sources-{Guid.NewGuid():N}");
        var probe = Directory.CreateDirectory(Path.Combine(target, "lib", "Probe")).FullName;
        await File.WriteAllTextAsync(Path.Combine(probe, "Probe.csproj"), """<Project Sdk="Microsoft.NET.Sdk" />""", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(probe, "Probe.cs"), "namespace Probe;\n\n/// <summary>Throws.</summary>\npublic static class Thrower\n{\n    /// <summary>Throws.</summary>\n    public static void Throw() => throw new System.NotSupportedException();\n}\n", TestContext.Current.CancellationToken);
        foreach (var file in Directory.EnumerateFiles(Repository.Root)
            .Concat(Directory.EnumerateFiles(Path.Combine(Repository.Root, "lib")))
            .Concat(Directory.EnumerateFiles(Path.Combine(Repository.Root, "lib", "Packaging")))
            .Concat(Directory.EnumerateFiles(Path.Combine(Repository.Root, "lib", "Packaging", "PublicDocumentation")))
            .Where(static file => Path.GetFileName(file) != ".git"))
        {
            var copy = Path.Combine(target, Path.GetRelativePath(Repository.Root, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        if (isClone)
        {
            Directory.CreateDirectory(Path.Combine(target, ".git", "objects"));
            var heads = Directory.CreateDirectory(Path.Combine(target, ".git", "refs", "heads")).FullName;
            await File.WriteAllTextAsync(Path.Combine(target, ".git", "HEAD"), "ref: refs/heads/main\n", TestContext.Current.CancellationToken);
            await File.WriteAllTextAsync(Path.Combine(heads, "main"), "0123456789abcdef0123456789abcdef01234567\n", TestContext.Current.CancellationToken);
            await File.WriteAllTextAsync(Path.Combine(target, ".git", "config"), "[core]\n\trepositoryformatversion = 0\n[remote \"origin\"]\n\turl = https://github.com/example/thrift.git\n", TestContext.Current.CancellationToken);
        }

        return target;
    }
}
