namespace Rx.ThriftStreams.Packages.Tests;

/// <summary>A folder that inherits the package sources of the machine and no others. Packages are extracted to where those of the tests are, not to where the machine has its own.</summary>
internal sealed class StrangersFolder : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("thriftstreams-stranger").FullName;

    public StrangersFolder(PackedPackages packages)
    {
        File.WriteAllText(System.IO.Path.Combine(_root, "nuget.config"), $"""
            <configuration>
              <config><add key="globalPackagesFolder" value="{packages.ExtractedPackages}" /></config>
              <fallbackPackageFolders><add key="machine" value="{PackedPackages.MachinePackages}" /></fallbackPackageFolders>
            </configuration>
            """);
        Path = Directory.CreateDirectory(System.IO.Path.Combine(_root, "app")).FullName;
    }

    public string Path { get; }

    public void Dispose() => Directory.Delete(_root, recursive: true);
}
