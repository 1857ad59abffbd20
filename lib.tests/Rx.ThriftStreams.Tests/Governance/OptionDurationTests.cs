using System.Reflection;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.Compiler.Tests;
using Rx.ThriftStreams.Etcd;
using Rx.ThriftStreams.HttpJson;

namespace Rx.ThriftStreams.Tests.Governance;

/// <summary>One convention for every duration of the public options: <see cref="Timeout.InfiniteTimeSpan"/> is no limit, and <see langword="null"/> inherits.</summary>
public sealed class OptionDurationTests
{
    private static readonly Dictionary<Type, string[]> s_unlimited = new()
    {
        [typeof(ThriftCallOptions)] = ["ConnectTimeout", "FirstResponseTimeout", "ReceiveTimeout", "SendTimeout", "Timeout"],
        [typeof(ThriftConnectionOptions)] = ["IdleTimeout"],
        [typeof(ThriftDiscoveryOptions)] = ["DrainTimeout"],
        [typeof(ThriftGrpcOptions)] = ["KeepAlivePingDelay", "KeepAlivePingTimeout"],
        [typeof(ThriftResilienceOptions)] = ["ConnectTimeout"],
        [typeof(ThriftRetryOptions)] = ["AttemptTimeout"],
        [typeof(ThriftTelemetryOptions)] = ["SpanInterval"],
        [typeof(ThriftGrpcServerOptions)] = ["KeepAlivePingDelay", "KeepAlivePingTimeout"],
        [typeof(ThriftServerLimits)] =
        [
            "ConnectionIdleTimeout", "DetectionTimeout", "ExpiredCredentialsGrace", "FrameTimeout", "MaxConnectionAge", "MaxConnectionAgeGrace", "MaxStreamDuration", "ReceiveTimeout",
            "SendTimeout", "WriteTimeout",
        ],
        [typeof(ThriftServerOptions)] = ["ShutdownTimeout"],
        [typeof(ThriftHttpJsonOptions)] = ["KeepAliveInterval"],
    };

    private static readonly Dictionary<Type, string[]> s_limited = new()
    {
        [typeof(ThriftCircuitBreakerOptions)] = ["BreakDuration", "SamplingDuration"],
        [typeof(ThriftConnectRetryOptions)] = ["Delay", "MaxDelay"],
        [typeof(ThriftDiscoveryOptions)] = ["RefreshInterval"],
        [typeof(ThriftHedgingOptions)] = ["Delay"],
        [typeof(ThriftOutlierEjectionOptions)] = ["EjectionTime"],
        [typeof(ThriftRetryOptions)] = ["Delay", "MaxDelay"],
        [typeof(ThriftTelemetryOptions)] = ["PauseThreshold"],
        [typeof(ThriftGrpcServerOptions)] = ["MinPingInterval"],
        [typeof(ThriftLoadSheddingOptions)] = ["QueueTimeout"],
        [typeof(ThriftServerOptions)] = ["ShutdownNotice"],
        [typeof(ThriftEtcdOptions)] = ["RequestTimeout"],
        [typeof(ThriftEtcdRegistrationOptions)] = ["LeaseTime"],
    };

    public static TheoryData<Type, string> Unlimited => Cells(s_unlimited);

    public static TheoryData<Type, string> Limited => Cells(s_limited);

    [Theory]
    [MemberData(nameof(Unlimited))]
    public void InfiniteTimeSpan_ForALimit_IsAccepted(Type type, string property) => Set(type, property, Timeout.InfiniteTimeSpan);

    [Theory]
    [MemberData(nameof(Limited))]
    public void InfiniteTimeSpan_ForWhatMustEnd_IsRefusedByName(Type type, string property)
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => Set(type, property, Timeout.InfiniteTimeSpan));

        Assert.Contains(property, error.Message, StringComparison.Ordinal);
        Assert.Contains("It cannot be unlimited: Timeout.InfiniteTimeSpan is not allowed here.", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Unlimited))]
    [MemberData(nameof(Limited))]
    public void NegativeTime_IsRefusedByName(Type type, string property)
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => Set(type, property, TimeSpan.FromSeconds(-1)));

        Assert.Contains(property, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Null_OnlyInheritsTheOptionOfAChannelOrClient()
        => Assert.All(Durations, static duration => Assert.Equal(duration.DeclaringType == typeof(ThriftCallOptions), duration.PropertyType == typeof(TimeSpan?)));

    [Fact]
    public void EveryDuration_OfPublicOptions_IsCovered()
        => Assert.Equal(
            Durations.Select(NameOf).Order(StringComparer.Ordinal),
            s_unlimited.Concat(s_limited).SelectMany(static pair => pair.Value.Select(name => $"{pair.Key.Name}.{name}")).Order(StringComparer.Ordinal));

    [Fact]
    public async Task Page_TableOfDurations_HasARowForEach()
        => Assert.Equal(Durations.Select(NameOf).Order(StringComparer.Ordinal), (await RowsAsync()).Keys.Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Unlimited))]
    [MemberData(nameof(Limited))]
    public async Task Page_RowOfADuration_SaysWhatTheOptionTakes(Type type, string property)
    {
        var cells = (await RowsAsync())[$"{type.Name}.{property}"];
        var (initial, least, greatest, infinite, zero) = (cells[1], cells[2], cells[3], cells[4], cells[5]);

        Assert.Equal(initial switch { "inherited" => null, "none" => Timeout.InfiniteTimeSpan, var time => Read(time) }, type.GetProperty(property)!.GetValue(Activator.CreateInstance(type, nonPublic: true)));
        Assert.Equal(infinite != "refused", IsTaken(Timeout.InfiniteTimeSpan));
        Assert.Equal(zero != "refused", IsTaken(TimeSpan.Zero));
        Assert.True(IsTaken(least == "any" ? TimeSpan.FromTicks(1) : Read(least)));
        Assert.False(IsTaken((least == "any" ? TimeSpan.Zero : Read(least)) - TimeSpan.FromTicks(1)));
        Assert.True(IsTaken(greatest == "any" ? TimeSpan.MaxValue : Read(greatest)));
        Assert.Equal(greatest == "any", IsTaken((greatest == "any" ? TimeSpan.Zero : Read(greatest)) + TimeSpan.FromDays(1)));

        bool IsTaken(TimeSpan value) => Record.Exception(() => Set(type, property, value)) is null;
    }

    private static string NameOf(PropertyInfo duration) => $"{duration.ReflectedType!.Name}.{duration.Name}";

    /// <summary>The cells of each row of the table of durations in docs/options.md, by the name of the option.</summary>
    private static async Task<Dictionary<string, string[]>> RowsAsync()
        => (await File.ReadAllLinesAsync(Path.Combine(Repository.Root, "docs", "options.md"), TestContext.Current.CancellationToken))
            .Where(static line => line.StartsWith("| `Thrift", StringComparison.Ordinal))
            .Select(static line => line.Trim('|', ' ').Split(" | "))
            .ToDictionary(static cells => cells[0].Trim('`'));

    private static TimeSpan Read(string text)
    {
        var value = double.Parse(text.Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);
        return text.Split(' ') switch
        {
            [_, "ms"] => TimeSpan.FromMilliseconds(value),
            [_, "s"] => TimeSpan.FromSeconds(value),
            [_, "min"] => TimeSpan.FromMinutes(value),
            [_, "h"] => TimeSpan.FromHours(value),
            [_, "day"] => TimeSpan.FromDays(value),
            ["0"] => TimeSpan.Zero,
            _ => throw new FormatException($"docs/options.md has the duration \"{text}\", which this test does not know."),
        };
    }

    private static IEnumerable<PropertyInfo> Durations
        => new[] { typeof(ThriftChannel).Assembly, typeof(ThriftServer).Assembly, typeof(ThriftHttpJsonOptions).Assembly, typeof(ThriftEtcdOptions).Assembly }
            .SelectMany(static assembly => assembly.GetExportedTypes())
            .Where(static type => !type.IsAbstract && (type.Name.EndsWith("Options", StringComparison.Ordinal) || type.Name.EndsWith("Limits", StringComparison.Ordinal)))
            .SelectMany(static type => type.GetProperties(BindingFlags.Public | BindingFlags.Instance))
            .Where(static property => property.SetMethod is { IsPublic: true } && property.PropertyType is var type && (type == typeof(TimeSpan) || type == typeof(TimeSpan?)));

    private static TheoryData<Type, string> Cells(Dictionary<Type, string[]> properties)
    {
        var cells = new TheoryData<Type, string>();
        foreach (var (type, names) in properties)
        {
            foreach (var name in names)
            {
                cells.Add(type, name);
            }
        }

        return cells;
    }

    /// <summary>Sets an option and validates its group, as a channel, server or registration does.</summary>
    private static void Set(Type type, string property, TimeSpan value)
    {
        const BindingFlags Members = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;
        var options = Activator.CreateInstance(type, nonPublic: true)!;
        if (options is ThriftEtcdRegistrationOptions registration)
        {
            (registration.Service, registration.Address) = ("echo", "127.0.0.1:8888");
        }

        type.GetProperty(property)!.SetValue(options, value);
        var validate = type.GetMethod("Validate", Members)!;
        object[] owner = validate.GetParameters().Length == 0 ? [] : [type.Name];
        validate.Invoke(options, BindingFlags.DoNotWrapExceptions, null, owner, null);
    }
}
