using System.Reflection;
using System.Text.RegularExpressions;
using Rx.ThriftStreams.AspNetCore;

namespace Rx.ThriftStreams.Tests.Docs;

/// <summary>
/// What the documentation shows compiles: each C# block of a README and of a page under <c>docs/</c> follows a comment <c>&lt;!-- sample: name --&gt;</c> and equals
/// the region of that name in a file under <c>lib.tests/**/Samples/</c> or <c>playground/</c>. A block of IDL may name a whole <c>.thrift</c> file of the playground.
/// </summary>
public sealed partial class DocumentationTests
{
    private static readonly string Root = FindRoot();
    internal static readonly Lazy<Dictionary<string, string>> Samples = new(LoadSamples);

    public static TheoryData<string> Pages()
    {
        var pages = new TheoryData<string>();
        IEnumerable<string> files = Directory.Exists(Path.Combine(Root, "docs"))
            ? Directory.EnumerateFiles(Path.Combine(Root, "docs"), "*.md", SearchOption.AllDirectories)
            : [];
        IEnumerable<string> packages = Directory.EnumerateDirectories(Path.Combine(Root, "lib")).Select(d => Path.Combine(d, "README.md"));
        IEnumerable<string> root = Directory.EnumerateFiles(Root, "*.md");
        foreach (string file in files.Concat(packages).Concat(root).Where(File.Exists).Order(StringComparer.Ordinal))
        {
            pages.Add(Path.GetRelativePath(Root, file).Replace('\\', '/'));
        }

        return pages;
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task Page_EachCSharpBlock_IsACompiledSample(string page)
    {
        string text = await File.ReadAllTextAsync(Path.Combine(Root, page));

        foreach (CodeBlock block in CodeBlock.Parse(text))
        {
            string? problem = Check(block, Samples.Value);
            Assert.True(problem is null, $"{page}:{block.Line}: {problem}");
        }
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task Page_EachLinkIntoTheRepository_LeadsSomewhere(string page)
    {
        string path = Path.Combine(Root, page);
        foreach (Match link in Link().Matches(await File.ReadAllTextAsync(path)))
        {
            string target = link.Groups["target"].Value is { Length: > 0 } relative ? Path.Combine(Path.GetDirectoryName(path)!, relative) : path;
            Assert.True(File.Exists(target) || Directory.Exists(target), $"{page}: {link.Value} leads nowhere.");
            if (link.Groups["heading"] is { Success: true } heading && Path.GetExtension(target) == ".md")
            {
                Assert.True(Headings(await File.ReadAllTextAsync(target)).Contains(heading.Value), $"{page}: {link.Value} leads to no heading.");
            }
        }
    }

    /// <summary>A readme is read far from the repository, where a relative link leads nowhere: it names pages, by their paths within the repository.</summary>
    [Fact]
    public async Task PackageReadme_NamesPagesThatExist_AndTheFramework()
    {
        foreach (string file in Directory.EnumerateDirectories(Path.Combine(Root, "lib"), "Rx.ThriftStreams*").Select(static d => Path.Combine(d, "README.md")).Where(File.Exists))
        {
            string readme = await File.ReadAllTextAsync(file);
            Assert.Contains("`net10.0`", readme, StringComparison.Ordinal);
            Assert.DoesNotMatch(@"\]\((?!https://)", readme);
            MatchCollection pages = PageName().Matches(readme);
            Assert.NotEmpty(pages);
            Assert.All(pages, page => Assert.True(File.Exists(Path.Combine(Root, page.Value.Trim('`'))), $"{file} names {page.Value}, which does not exist."));
        }
    }

    [Fact]
    public async Task Index_EachPage_IsListed()
    {
        string index = await File.ReadAllTextAsync(Path.Combine(Root, "docs", "index.md"));
        foreach (string page in Directory.EnumerateFiles(Path.Combine(Root, "docs"), "*.md", SearchOption.AllDirectories))
        {
            string name = Path.GetRelativePath(Path.Combine(Root, "docs"), page).Replace('\\', '/');
            Assert.True(name == "index.md" || index.Contains($"]({name})", StringComparison.Ordinal), $"docs/index.md does not list {name}.");
        }
    }

    [Fact]
    public async Task Middleware_EachDelegate_IsShownWithItsSignature()
    {
        string page = await File.ReadAllTextAsync(Path.Combine(Root, "docs", "middleware.md"));
        var nullability = new NullabilityInfoContext();
        foreach (Type type in (Type[])[typeof(ThriftClientStreamMiddleware), typeof(ThriftServerStreamMiddleware), typeof(ThriftSendMiddleware), typeof(ThriftReceiveMiddleware), typeof(ThriftRejectRule)])
        {
            MethodInfo invoke = type.GetMethod("Invoke")!;
            string parameters = string.Join(", ", invoke.GetParameters().Select(p => $"{NameOf(nullability.Create(p))} {p.Name}"));
            Assert.Contains($"| `{type.Name}` | `{NameOf(nullability.Create(invoke.ReturnParameter))} ({parameters})`", page, StringComparison.Ordinal);
        }

        static string NameOf(NullabilityInfo info)
        {
            string name = info.Type.IsGenericType
                ? $"{info.Type.Name[..info.Type.Name.IndexOf('`', StringComparison.Ordinal)]}<{string.Join(", ", info.GenericTypeArguments.Select(NameOf))}>"
                : info.Type == typeof(object) ? "object" : info.Type == typeof(string) ? "string" : info.Type.Name;
            return info.ReadState == NullabilityState.Nullable ? $"{name}?" : name;
        }
    }

    [Fact]
    public async Task ErrorsPage_SaysCauseAndFixOfEveryException()
    {
        var page = await File.ReadAllTextAsync(Path.Combine(Root, "docs", "errors.md"));

        var missing = new[] { typeof(ThriftChannel), typeof(AspNetCore.ThriftServer), typeof(ThriftClientOptions), typeof(Rx.ThriftStreams.Dynamic.ThriftSchema) }
            .SelectMany(static type => type.Assembly.GetExportedTypes())
            .Where(type => type.IsSubclassOf(typeof(Exception)) && !type.IsAbstract && !page.Contains($"\n| `{type.Name}`", StringComparison.Ordinal));

        Assert.Empty(missing);
    }

    [Fact]
    public async Task ErrorsPage_SaysTheBaseTypeOfEveryException()
    {
        var page = await File.ReadAllTextAsync(Path.Combine(Root, "docs", "errors.md"));

        Assert.Equal(
            new[] { typeof(ThriftChannel), typeof(AspNetCore.ThriftServer), typeof(ThriftClientOptions), typeof(Rx.ThriftStreams.Dynamic.ThriftSchema), typeof(Rx.ThriftStreams.Etcd.ThriftEtcdOptions), typeof(Rx.ThriftStreams.HttpJson.ThriftHttpJsonOptions) }
                .SelectMany(static type => type.Assembly.GetExportedTypes())
                .Where(static type => type.IsSubclassOf(typeof(Exception)))
                .Select(static type => $"{type.Name}: {type.BaseType!.Name}")
                .Order(StringComparer.Ordinal),
            BaseType().Matches(page).Select(static row => $"{row.Groups["type"]}: {row.Groups["base"]}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Check_BlockThatEqualsItsRegion_HasNoProblem()
        => Assert.Null(CheckText("text\n<!-- sample: x -->\n```csharp\nif (a)\n{\n    b();\n}\n```\n", "        // <sample x>\n        if (a)\n        {\n            b();\n        }\n        // </sample x>\n"));

    [Theory]
    [InlineData("```csharp\nb();\n```\n", "marker")]
    [InlineData("<!-- sample: x -->\ntext between\n```cs\nb();\n```\n", "marker")]
    [InlineData("<!-- sample: y -->\n```csharp\nb();\n```\n", "exists")]
    [InlineData("<!-- sample: x -->\n```csharp\nc();\n```\n", "differs")]
    [InlineData("<!-- sample: x -->\n```csharp\n  b();\nb();\n```\n", "differs")]
    public void Check_BlockThatIsNoSample_SaysWhatIsWrong(string page, string problem)
        => Assert.Contains(problem, CheckText(page, "// <sample x>\nb();\n// </sample x>"), StringComparison.Ordinal);

    [Fact]
    public void Parse_BlocksOfOtherLanguages_AreLeftAlone()
        => Assert.Empty(CodeBlock.Parse("```thrift\nstruct A {}\n```\n```\n$ ls\n```\n"));

    [Theory]
    [InlineData("// <sample x>\na();\n")]
    [InlineData("a();\n// </sample x>\n")]
    [InlineData("// <sample x>\n// </sample x>\n// <sample x>\n// </sample x>\n")]
    public void Regions_Unbalanced_AreRefused(string file) => Assert.Throws<FormatException>(() => SampleText.Regions(file));

    [Fact]
    public void Parse_BlockOfAnotherLanguageThatNamesASample_IsTaken()
        => Assert.Equal("a.thrift", Assert.Single(CodeBlock.Parse("<!-- sample: a.thrift -->\n```thrift\nstruct A {}\n```\n")).Sample);

    [Fact]
    public void Regions_Nested_LeaveOutTheMarkers()
    {
        Dictionary<string, string> regions = SampleText.Regions("// <sample all>\na();\n// <sample part>\nb();\n// </sample part>\n// </sample all>");

        Assert.Equal("a();\nb();", regions["all"]);
        Assert.Equal("b();", regions["part"]);
    }

    /// <summary>The site is built from the same pages: what its table of contents does not list, its readers do not find.</summary>
    [Fact]
    public async Task TableOfContents_ListsEveryPage()
    {
        var contents = await File.ReadAllLinesAsync(Path.Combine(Root, "docs", "toc.yml"));

        Assert.Equal(
            Directory.EnumerateFiles(Path.Combine(Root, "docs"), "*.md").Select(Path.GetFileName).Order(StringComparer.Ordinal),
            contents.Select(static line => line.Split("href: ")[^1]).Where(static target => target.EndsWith(".md", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
    }

    /// <summary>The menu of the site and the page that opens it show the same groups, in the same order.</summary>
    [Fact]
    public async Task TableOfContents_GroupsPagesAsTheIndexDoes()
    {
        var contents = await File.ReadAllTextAsync(Path.Combine(Root, "docs", "toc.yml"));
        var index = await File.ReadAllTextAsync(Path.Combine(Root, "docs", "index.md"));

        var menu = contents.Split("- name: ", StringSplitOptions.RemoveEmptyEntries).Where(static group => group.Contains("items:", StringComparison.Ordinal))
            .Select(static group => $"{group.Split('\n')[0].Trim()}: {string.Join(' ', MenuPage().Matches(group).Select(static page => page.Groups["page"].Value).Where(static page => page != "index.md"))}");
        var sections = index.Split("\n## ").Skip(1).Where(static section => section.Contains("| page | what it answers |", StringComparison.Ordinal))
            .Select(static section => $"{section.Split('\n')[0]}: {string.Join(' ', IndexedPage().Matches(section).Select(static page => page.Groups["page"].Value))}");

        Assert.Equal(sections, menu);
    }

    [GeneratedRegex(@"href: (?<page>[a-z-]+\.md)")]
    private static partial Regex MenuPage();

    [GeneratedRegex(@"^\| \[[^\]]+\]\((?<page>[a-z-]+\.md)\) \|", RegexOptions.Multiline)]
    private static partial Regex IndexedPage();

    [GeneratedRegex(@"^\| `(?<type>Thrift\w+)` \| `(?<base>\w+)` \|", RegexOptions.Multiline)]
    private static partial Regex BaseType();

    [GeneratedRegex(@"`docs/[a-z-]+\.md`")]
    private static partial Regex PageName();

    /// <summary>A link without a scheme, to a file, a heading, or both.</summary>
    [GeneratedRegex(@"\]\((?<target>[^):#\s]*)(#(?<heading>[^)]*))?\)")]
    private static partial Regex Link();

    /// <summary>The names under which headings are reached, as GitHub and docfx make them.</summary>
    private static HashSet<string> Headings(string page)
        => [.. Heading().Matches(page).Select(static heading => NotInAName().Replace(heading.Groups["text"].Value.ToLowerInvariant(), string.Empty).Replace(' ', '-'))];

    [GeneratedRegex(@"^#{1,6} (?<text>.+?)\s*$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\p{L}\p{N} _-]")]
    private static partial Regex NotInAName();

    private static string? CheckText(string page, string source) => Check(Assert.Single(CodeBlock.Parse(page)), SampleText.Regions(source));

    private static string? Check(CodeBlock block, Dictionary<string, string> samples)
    {
        if (block.Sample is null)
        {
            return "the C# block has no marker. Put <!-- sample: name --> on the line before it, and the code into a Samples file.";
        }

        if (!samples.TryGetValue(block.Sample, out string? code))
        {
            return $"no region // <sample {block.Sample}> exists in lib.tests/**/Samples/*.cs or playground/**/*.cs, nor is it the name of a .thrift file there.";
        }

        return code == block.Code ? null : $"the block differs from the region // <sample {block.Sample}>, which is:\n{code}";
    }

    private static Dictionary<string, string> LoadSamples()
    {
        var samples = new Dictionary<string, string>();
        foreach (string file in SampleFiles("*.cs"))
        {
            foreach ((string name, string code) in SampleText.Regions(File.ReadAllText(file)))
            {
                samples.Add(name, code);
            }
        }

        foreach (string file in SampleFiles("*.thrift"))
        {
            samples.Add(Path.GetFileName(file), SampleText.Normalise(File.ReadAllLines(file)));
        }

        return samples;
    }

    private static IEnumerable<string> SampleFiles(string pattern)
    {
        char separator = Path.DirectorySeparatorChar;
        IEnumerable<string> tests = Directory.EnumerateFiles(Path.Combine(Root, "lib.tests"), pattern, SearchOption.AllDirectories)
            .Where(f => Path.GetFileName(Path.GetDirectoryName(f)) == "Samples");
        IEnumerable<string> playground = Directory.EnumerateFiles(Path.Combine(Root, "playground"), pattern, SearchOption.AllDirectories);
        return tests.Concat(playground).Where(f => !f.Contains($"{separator}obj{separator}", StringComparison.Ordinal));
    }

    internal static string FindRoot()
    {
        string? directory = AppContext.BaseDirectory;
        while (directory is not null && !File.Exists(Path.Combine(directory, "Rx.ThriftStreams.sln")))
        {
            directory = Path.GetDirectoryName(directory);
        }

        return directory ?? throw new InvalidOperationException("The tests do not lie within the repository: no Rx.ThriftStreams.sln is above them.");
    }
}
