using System.Reflection;
using System.Text.RegularExpressions;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.Compiler.Tests;
using Rx.ThriftStreams.Etcd;
using Rx.ThriftStreams.HttpJson;

namespace Rx.ThriftStreams.Tests.Docs;

/// <summary>docs/options.md has a table for each type of options, with a row for each option and no others.</summary>
public sealed partial class OptionsDocumentationTests
{
    private static readonly Type[] Roots =
    [
        typeof(ThriftCallOptions), typeof(ThriftChannelOptions), typeof(ThriftClientOptions), typeof(ThriftServerOptions), typeof(ThriftTrafficLimits), typeof(ThriftCallLimits),
        typeof(ThriftEtcdRegistrationOptions), typeof(ThriftProxyOptions), typeof(ThriftHttpJsonOptions),
    ];

    public static TheoryData<Type> OptionTypes() => [.. Roots.SelectMany(WithGroups).Distinct()];

    [Theory]
    [MemberData(nameof(OptionTypes))]
    public async Task Page_TableOfAnOptionsType_HasARowForEachOption(Type type)
    {
        var rows = RowsOf(type, await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "options.md")));

        Assert.Equal(OptionsOf(type).Select(p => p.Name).Order(StringComparer.Ordinal), rows.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void OptionTypes_OfBothSides_AreFoundWithTheirGroups()
    {
        var types = Roots.SelectMany(WithGroups).ToList();

        Assert.Contains(typeof(ThriftCircuitBreakerOptions), types);
        Assert.Contains(typeof(ThriftServerLimits), types);
        Assert.Equal(
            new[] { typeof(ThriftChannelOptions), typeof(ThriftClientOptions), typeof(ThriftServerOptions), typeof(ThriftEtcdOptions), typeof(ThriftHttpJsonOptions) }.SelectMany(static type => type.Assembly.GetExportedTypes())
                .Where(t => t.Namespace is "Rx.ThriftStreams" or "Rx.ThriftStreams.AspNetCore" or "Rx.ThriftStreams.Etcd" or "Rx.ThriftStreams.HttpJson" && (t.Name.EndsWith("Options", StringComparison.Ordinal) || t.Name.EndsWith("Limits", StringComparison.Ordinal)))
                .OrderBy(t => t.Name, StringComparer.Ordinal),
            types.Distinct().OrderBy(t => t.Name, StringComparer.Ordinal));
    }

    private static IEnumerable<Type> WithGroups(Type type)
        => type.GetProperties().Where(IsGroup).SelectMany(p => WithGroups(p.PropertyType)).Prepend(type);

    /// <summary>Groups that are set in place have a table of their own instead of a row; one that can be replaced has both.</summary>
    private static IEnumerable<PropertyInfo> OptionsOf(Type type) => type.GetProperties().Where(p => !IsGroup(p) || p.SetMethod is { IsPublic: true });

    private static bool IsGroup(PropertyInfo property)
        => property.PropertyType != typeof(ThriftCallOptions)
            && property.PropertyType.Namespace is "Rx.ThriftStreams" or "Rx.ThriftStreams.AspNetCore" or "Rx.ThriftStreams.Etcd"
            && (property.PropertyType.Name.EndsWith("Options", StringComparison.Ordinal) || property.PropertyType.Name.EndsWith("Limits", StringComparison.Ordinal));

    private static List<string> RowsOf(Type type, string page)
    {
        var section = Section().Matches(page).SingleOrDefault(m => m.Groups["title"].Value.TrimEnd().EndsWith($"`{type.Name}`", StringComparison.Ordinal));
        Assert.True(section is not null, $"docs/options.md has no section for {type.Name}.");
        return [.. Row().Matches(section.Groups["body"].Value).Select(m => m.Groups["option"].Value)];
    }

    [GeneratedRegex(@"^##+ (?<title>.*)\n(?<body>(?:(?!##).*\n?)*)", RegexOptions.Multiline)]
    private static partial Regex Section();

    [GeneratedRegex(@"^\| `(?<option>\w+)` \|", RegexOptions.Multiline)]
    private static partial Regex Row();
}
