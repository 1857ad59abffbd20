using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.Compiler.Tests;
using Rx.ThriftStreams.Dynamic;
using Rx.ThriftStreams.Etcd;
using Rx.ThriftStreams.HttpJson;

namespace Rx.ThriftStreams.Tests.Docs;

/// <summary>docs/events.md lists each log entry of the packages with its id, name and level, and an id or a name means one thing.</summary>
public sealed partial class LogIdTests
{
    private static readonly Assembly[] s_packages =
    [
        typeof(ThriftChannel).Assembly, typeof(ThriftServer).Assembly, typeof(ThriftClientOptions).Assembly, typeof(ThriftEtcdOptions).Assembly, typeof(ThriftHttpJsonOptions).Assembly,
        typeof(ThriftSchema).Assembly,
    ];

    private static IEnumerable<LoggerMessageAttribute> Messages
        => s_packages.SelectMany(static package => package.GetTypes())
            .SelectMany(static type => type.GetMethods(BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            .Select(static method => method.GetCustomAttribute<LoggerMessageAttribute>())
            .OfType<LoggerMessageAttribute>();

    [Fact]
    public async Task Page_TableOfLogs_HasEachIdWithItsNameAndLevel()
    {
        var page = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "events.md"), TestContext.Current.CancellationToken);

        Assert.Equal(
            Messages.Select(static message => $"{message.EventId} {message.EventName} {(message.Level == LogLevel.None ? "that of the entries" : message.Level)}").Distinct().Order(StringComparer.Ordinal),
            Row().Matches(page).Select(static row => $"{row.Groups["id"]} {row.Groups["name"]} {row.Groups["level"]}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Id_OfEachMessage_MeansOneThing()
        => Assert.All(Messages.GroupBy(static message => message.EventId), static id => Assert.Single(id.Select(static message => message.Message).Distinct()));

    /// <summary>Without a name of its own an entry has that of the method that logs it, which others have too.</summary>
    [Fact]
    public void Name_OfEachMessage_BelongsToOneId()
    {
        Assert.All(Messages, static message => Assert.False(string.IsNullOrEmpty(message.EventName), $"{message.EventId} has no EventName: {message.Message}"));
        Assert.All(Messages.GroupBy(static message => message.EventName), static name => Assert.Single(name.Select(static message => message.EventId).Distinct()));
        Assert.All(Messages.GroupBy(static message => message.EventId), static id => Assert.Single(id.Select(static message => message.EventName).Distinct()));
    }

    [GeneratedRegex(@"^\| (?<id>\d+) \| `(?<name>\w+)` \| (?<level>[^|]+) \|", RegexOptions.Multiline)]
    private static partial Regex Row();
}
