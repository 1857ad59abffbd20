using System.Xml.Linq;

namespace Rx.ThriftStreams.Tests.Docs;

/// <summary>What the documentation of public members shows compiles: each <c>example</c> has a comment <c>&lt;!-- sample: name --&gt;</c> and equals the region of that name, as a block of a page does.</summary>
public sealed class XmlDocumentationTests
{
    private static readonly Lazy<List<XElement>> Members = new(static () =>
        [.. Directory.EnumerateFiles(AppContext.BaseDirectory, "Rx.ThriftStreams*.xml").Where(static file => !file.EndsWith("Tests.xml", StringComparison.Ordinal)).SelectMany(static file => XDocument.Load(file, LoadOptions.PreserveWhitespace).Descendants("member"))]);

    [Fact]
    public void Example_OfAMember_IsACompiledSample()
    {
        var examples = Members.Value.SelectMany(static member => member.Elements("example"), static (member, example) => (Name: member.Attribute("name")!.Value, Example: example)).ToList();

        Assert.NotEmpty(examples);
        Assert.All(examples, static it =>
        {
            var marker = Assert.Single(it.Example.Nodes().OfType<XComment>()).Value.Trim();
            Assert.StartsWith("sample: ", marker, StringComparison.Ordinal);
            Assert.Equal(DocumentationTests.Samples.Value[marker["sample: ".Length..]], SampleText.Normalise(it.Example.Element("code")!.Value.ReplaceLineEndings("\n").Split('\n')));
        });
    }

    /// <summary>Where users begin: what to write, and what it throws.</summary>
    [Theory]
    [InlineData("M:Rx.ThriftStreams.ThriftChannel.ForAddress(")]
    [InlineData("M:Microsoft.Extensions.DependencyInjection.ThriftClientServiceCollectionExtensions.AddThriftClient``1(Microsoft.Extensions.DependencyInjection.IServiceCollection,System.Action")]
    [InlineData("M:Microsoft.Extensions.DependencyInjection.ThriftClientBuilderExtensions.AddBearerToken")]
    [InlineData("M:Microsoft.AspNetCore.Builder.ThriftEndpointRouteBuilderExtensions.MapThriftService``2(")]
    [InlineData("M:Microsoft.AspNetCore.Hosting.ThriftListenOptionsExtensions.UseThriftStreams(Microsoft.AspNetCore.Server.Kestrel.Core.ListenOptions)")]
    [InlineData("M:Microsoft.AspNetCore.Hosting.ThriftEndpointConfigurationExtensions.UseThriftStreams(")]
    public void Member_ThatUsersBeginWith_HasAnExampleAndItsExceptions(string name)
    {
        var members = Members.Value.Where(member => member.Attribute("name")!.Value.StartsWith(name, StringComparison.Ordinal)).ToList();

        Assert.NotEmpty(members);
        Assert.All(members, static member => Assert.Single(member.Elements("example")));
        Assert.All(members, static member => Assert.Contains("T:System.ArgumentNullException", member.Elements("exception").Select(static e => e.Attribute("cref")!.Value)));
        Assert.All(members, static member => Assert.InRange(member.Elements("exception").Count(), 2, 9));
    }
}
