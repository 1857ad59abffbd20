using Rx.ThriftStreams.Packages.Tests;

[assembly: AssemblyFixture(typeof(PackedPackages))]
