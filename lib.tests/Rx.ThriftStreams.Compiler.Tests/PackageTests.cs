using System.Diagnostics;
using System.IO.Compression;
using System.Xml.Linq;

namespace Rx.ThriftStreams.Compiler.Tests;

/// <summary>The package as a stranger gets it: packed, restored from a folder, and used by a project outside the repository.</summary>
[Trait("Category", "Package")]
public sealed class PackageTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("thriftstreams-package").FullName;
    private readonly string _version = "0.0.1-test." + Guid.NewGuid().ToString("N");

    public void Dispose()
    {
        Directory.Delete(_directory, recursive: true);
        var packages = Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        var restored = Path.Combine(packages, "rx.thriftstreams", _version);
        if (Directory.Exists(restored))
        {
            Directory.Delete(restored, recursive: true);
        }
    }

    [Fact]
    public async Task Consumer_OfThePackage_BuildsAndRuns()
    {
        await Pack("Rx.ThriftStreams");
        Write("nuget.config", """<configuration><packageSources><clear /><add key="feed" value="feed" /></packageSources></configuration>""");
        Write("Idl/common.thrift", "namespace csharp Consumer.Common struct Item { 1: required string name }");
        Write("Idl/shop.thrift", "namespace csharp Consumer include \"common.thrift\" service Shop { common.Item watch(1: common.Item item) (streaming.mode=\"server\") }");
        Write("Program.cs", "System.Console.WriteLine(new Consumer.Common.Item { Name = \"it works\" } + \" \" + typeof(Consumer.ShopClient).BaseType!.Name);");
        Write("Consumer.csproj", $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <Nullable>enable</Nullable>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
                <AnalysisLevel>latest-all</AnalysisLevel>
                <AnalysisMode>All</AnalysisMode>
                <GenerateDocumentationFile>true</GenerateDocumentationFile>
                <NuGetAudit>false</NuGetAudit>
                <NoWarn>$(NoWarn);CA1303</NoWarn>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="Rx.ThriftStreams" Version="{_version}" />
                <ThriftFile Include="Idl/*.thrift" />
              </ItemGroup>
            </Project>
            """);

        await Dotnet(_directory, "build", "Consumer.csproj", "-nologo", "-m:1", "-v", "q");
        var output = await Dotnet(_directory, "bin/Debug/net10.0/Consumer.dll");

        Assert.Equal("Item { Name = \"it works\" } ThriftClient", output.Trim());

        // And a mistake in the IDL is an error of the build, in the IDL.
        Write("Idl/common.thrift", "namespace csharp Consumer.Common\nstruct Item { 1: required strng name }");
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => Dotnet(_directory, "build", "Consumer.csproj", "-nologo", "-m:1", "-v", "q", "--no-restore"));
        Assert.Contains("common.thrift(2,27): error TS0025: undefined type: \"strng\". Did you mean \"string\"?", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Rx.ThriftStreams.AspNetCore")]
    [InlineData("Rx.ThriftStreams.Apache")]
    public async Task Package_ThatUsesInternalsOfTheCore_DependsOnItsExactVersion(string package)
    {
        await Pack(package);

        using var archive = await ZipFile.OpenReadAsync(Path.Combine(_directory, "feed", $"{package}.{_version}.nupkg"), TestContext.Current.CancellationToken);
        using var nuspec = new StreamReader(await archive.GetEntry($"{package}.nuspec")!.OpenAsync(TestContext.Current.CancellationToken));
        var dependencies = XDocument.Parse(await nuspec.ReadToEndAsync(TestContext.Current.CancellationToken)).Descendants().Where(e => e.Name.LocalName == "dependency");

        Assert.Contains(dependencies, d => d.Attribute("id")!.Value == "Rx.ThriftStreams" && d.Attribute("version")!.Value == $"[{_version}]");
    }

    private async Task Pack(string project)
    {
        var configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
        await Dotnet(
            Repository.Root, "pack", $"lib/{project}/{project}.csproj", "--no-build", "-c", configuration, "-o", Path.Combine(_directory, "feed"), "-p:PackageVersion=" + _version, "-nologo");
    }

    private static async Task<string> Dotnet(string directory, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { WorkingDirectory = directory, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        // Servers that outlive the build would keep files of the temporary directory open.
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["UseSharedCompilation"] = "false";
        using var process = Process.Start(start)!;
        try
        {
            using var timeout = new CancellationTokenSource(TimeSpan.FromMinutes(3));
            var output = process.StandardOutput.ReadToEndAsync(timeout.Token);
            var error = process.StandardError.ReadToEndAsync(timeout.Token);
            await process.WaitForExitAsync(timeout.Token);
            return process.ExitCode == 0 ? await output : throw new InvalidOperationException($"dotnet {string.Join(' ', arguments)} failed:\n{await output}\n{await error}");
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    private void Write(string name, string text)
    {
        var path = Path.Combine(_directory, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
