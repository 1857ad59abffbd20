using System.Text;
using Rx.ThriftStreams.Compiler.Semantics;

namespace Rx.ThriftStreams.Compiler.Tests;

/// <summary>
/// The emitted code of the catalogue, compared with what was looked at and committed. To accept a change:
/// <c>UPDATE_SNAPSHOTS=1 dotnet run --project lib.tests/Rx.ThriftStreams.Compiler.Tests</c>, then read the diff.
/// </summary>
public sealed class SnapshotTests
{
    [Theory]
    [MemberData(nameof(EmittedCodeTests.Catalogue), MemberType = typeof(EmittedCodeTests))]
    public void Emit_CatalogueFile_GivesTheCommittedCode(string name)
    {
        var actual = new StringBuilder();
        foreach (var file in Idl.Emit(CompilerOptions.Default, (name + ".thrift", File.ReadAllText(Path.Combine(EmittedCodeTests.CataloguePath, name + ".thrift")))))
        {
            actual.Append("// ==== ").Append(file.Name).Append('\n').Append(file.Text).Append('\n');
        }

        var path = Path.Combine(Repository.Root, "lib.tests", "Rx.ThriftStreams.Compiler.Tests", "Catalogue", name + ".snapshot.txt");
        if (Environment.GetEnvironmentVariable("UPDATE_SNAPSHOTS") == "1")
        {
            File.WriteAllText(path, actual.ToString());
        }

        Assert.Equal(File.ReadAllText(path), actual.ToString());
    }
}
