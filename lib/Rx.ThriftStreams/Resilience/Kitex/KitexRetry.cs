using System.Globalization;
using Microsoft.Extensions.Configuration;
using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams.Resilience.Kitex;

/// <summary>When another attempt is made.</summary>
internal enum KitexRetryType
{
    /// <summary>After a failure.</summary>
    Failure = 0,

    /// <summary>When there is no result after a time: the first result wins.</summary>
    Backup = 1,

    /// <summary>After either.</summary>
    Mixed = 2,
}

/// <summary>An entry of <c>retry</c>.</summary>
internal sealed record KitexRetry
{
    /// <summary>The share of retries among all attempts where the configuration has no valid one.</summary>
    internal const double DefaultErrorRate = 0.1;

    private const double MaxErrorRate = 0.3;

    /// <summary>The policy that does not retry.</summary>
    internal static KitexRetry Off { get; } = new();

    internal bool IsEnabled { get; private init; }

    internal KitexRetryType Type { get; private init; }

    /// <summary>How many attempts follow the first.</summary>
    internal int MaxRetries { get; private init; }

    /// <summary>The limit of the whole operation; <see langword="null"/> for none, and always with <see cref="KitexRetryType.Backup"/>.</summary>
    internal TimeSpan? MaxDuration { get; private init; }

    /// <summary>Whether a call that serves a retry of the caller is retried too.</summary>
    internal bool RetriesInChain { get; private init; }

    /// <summary>At most this share of recent attempts are retries: more than 0, at most 0.3.</summary>
    internal double ErrorRate { get; private init; } = DefaultErrorRate;

    /// <summary>The pause before a retry is at least this.</summary>
    internal TimeSpan MinBackoff { get; private init; }

    /// <summary>The pause before a retry is less than this, or equal to <see cref="MinBackoff"/>.</summary>
    internal TimeSpan MaxBackoff { get; private init; }

    /// <summary>When the next attempt begins without a result; zero with <see cref="KitexRetryType.Failure"/>.</summary>
    internal TimeSpan Delay { get; private init; }

    /// <summary>Whether a retry goes to the endpoint of the first attempt.</summary>
    internal bool UsesSameEndpoint { get; private init; }

    /// <summary>What the policy means for a channel; <see langword="null"/> if it makes no retries.</summary>
    internal RepeatPlan? Plan => field ??= CreatePlan();

    /// <summary>Reads a policy. With an invalid back-off, that of the policy before stays and the rest is taken, as in Kitex.</summary>
    /// <exception cref="FormatException">The policy is invalid.</exception>
    internal static KitexRetry Decode(IConfiguration section, KitexRetry? before, Action<FormatException> ignored)
    {
        if (!section.Flag("enable"))
        {
            return Off;
        }

        var (type, member, most) = section.Number("type") switch
        {
            0 => (KitexRetryType.Failure, "failure_policy", 5),
            1 => (KitexRetryType.Backup, "backup_policy", 2),
            2 => (KitexRetryType.Mixed, "mixed_policy", 3),
            _ => throw KitexSection.Invalid(section, "type", section["type"]!, "0, 1 or 2"),
        };
        var policy = section.GetSection(member);
        if (!policy.GetChildren().Any())
        {
            throw KitexSection.Invalid(section, member, "", $"present with type {(int)type}");
        }

        var stop = policy.GetSection("stop_policy");
        var retries = stop.Number("max_retry_times");
        if (retries < 0 || retries > most)
        {
            throw KitexSection.Invalid(stop, "max_retry_times", $"{retries}", $"between 0 and {most}");
        }

        var delay = type == KitexRetryType.Failure ? TimeSpan.Zero : policy.Milliseconds("retry_delay_ms")
            ?? throw KitexSection.Invalid(policy, "retry_delay_ms", policy["retry_delay_ms"] ?? "", "more than 0");
        var rate = stop.GetSection("cb_policy").Fraction("error_rate");
        var (min, max) = (before?.MinBackoff ?? TimeSpan.Zero, before?.MaxBackoff ?? TimeSpan.Zero);
        try
        {
            (min, max) = type == KitexRetryType.Backup ? default : Pause(policy.GetSection("backoff_policy"));
        }
        catch (FormatException error)
        {
            ignored(error);
        }

        return new()
        {
            IsEnabled = true,
            Type = type,
            MaxRetries = retries,
            MaxDuration = type == KitexRetryType.Backup ? null : stop.Milliseconds("max_duration_ms"),
            RetriesInChain = stop.Flag("disable_chain_stop"),
            ErrorRate = rate is > 0 and <= MaxErrorRate ? rate : DefaultErrorRate,
            MinBackoff = min,
            MaxBackoff = max,
            Delay = delay,
            UsesSameEndpoint = policy.Flag("retry_same_node"),
        };
    }

    private static (TimeSpan Min, TimeSpan Max) Pause(IConfigurationSection section)
    {
        var items = section.GetSection("cfg_items");
        switch (section["backoff_type"])
        {
            case null when !section.GetChildren().Any():
            case "none":
                return default;

            case "fixed":
                var time = Time(items, "fix_ms");
                return time > TimeSpan.Zero ? (time, time) : throw KitexSection.Invalid(items, "fix_ms", items["fix_ms"] ?? "", "more than 0");

            case "random":
                var (min, max) = (Time(items, "min_ms"), Time(items, "max_ms"));
                return max > min ? (min, max) : throw KitexSection.Invalid(items, "max_ms", items["max_ms"] ?? "", "more than min_ms");

            case var other:
                throw KitexSection.Invalid(section, "backoff_type", other ?? "", "none, fixed or random");
        }
    }

    private RepeatPlan? CreatePlan()
    {
        if (!IsEnabled || MaxRetries == 0)
        {
            return null;
        }

        var plan = new RepeatPlan
        {
            CoversAllCalls = true,
            RepeatsInChain = RetriesInChain,
            UsesSameEndpoint = UsesSameEndpoint,
            MaxDuration = MaxDuration,
            Pause = (MinBackoff, MaxBackoff),
        };

        // Kitex retries timeouts. What could not be connected to is retried anyway.
        return Type == KitexRetryType.Failure
            ? plan with { Retry = new() { MaxRetries = MaxRetries, Budget = ErrorRate, ShouldRetry = static error => error.StatusCode == ThriftStatusCode.DeadlineExceeded } }
            : plan with { Hedging = new() { Delay = Delay, MaxHedges = MaxRetries, Budget = ErrorRate } };
    }

    private static TimeSpan Time(IConfigurationSection items, string member)
    {
        var milliseconds = items.Fraction(member);
        return milliseconds is >= 0 and <= int.MaxValue
            ? TimeSpan.FromMilliseconds(Math.Round(milliseconds))
            : throw KitexSection.Invalid(items, member, milliseconds.ToString(CultureInfo.InvariantCulture), $"between 0 and {int.MaxValue}");
    }
}
