using System.Xml.Linq;

namespace Rx.ThriftStreams.Tests.Docs;

/// <summary>What the documents say about reaching the project agrees with the two properties of the packages.</summary>
public sealed class ProjectAddressTests
{
    [Theory]
    [InlineData("ProjectAddress", "README.md", "The project has no public address yet")]
    [InlineData("SecurityContact", "SECURITY.md", "The project has no public address and no security contact yet.")]
    public async Task Document_NamesTheProperty_OrSaysThatThereIsNone(string property, string document, string none)
    {
        var root = DocumentationTests.FindRoot();
        var value = XDocument.Load(Path.Combine(root, "lib", "Packaging", "Packaging.props")).Descendants(property).Single().Value;

        var text = await File.ReadAllTextAsync(Path.Combine(root, document), TestContext.Current.CancellationToken);

        Assert.Equal(value.Length == 0, text.Contains(none, StringComparison.Ordinal));
        Assert.Contains(value, text, StringComparison.Ordinal);
    }
}
