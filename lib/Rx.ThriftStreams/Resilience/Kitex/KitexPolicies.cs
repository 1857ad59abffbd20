using Microsoft.Extensions.Configuration;

namespace Rx.ThriftStreams.Resilience.Kitex;

/// <summary>An entry of <c>rpc_timeout</c>.</summary>
/// <param name="Call">How long a call may take; <see langword="null"/> if the entry sets no limit.</param>
/// <param name="Connect">How long connecting may take; likewise.</param>
internal sealed record KitexTimeouts(TimeSpan? Call, TimeSpan? Connect)
{
    internal static KitexTimeouts Decode(IConfiguration section) => new(section.Milliseconds("rpc_timeout_ms"), section.Milliseconds("conn_timeout_ms"));
}

/// <summary>An entry of <c>circuit_break</c>.</summary>
/// <param name="IsEnabled">Whether failures open the breaker.</param>
/// <param name="ErrorRate">The share of failures that opens it, from 0 to 1.</param>
/// <param name="MinSamples">It does not open on fewer calls.</param>
internal sealed record KitexBreaker(bool IsEnabled, double ErrorRate, int MinSamples)
{
    internal static KitexBreaker Default { get; } = new(true, 0.5, 200);

    /// <summary>The breaker of a streaming method, which counts the creation of streams.</summary>
    internal ThriftCircuitBreakerOptions OfStreams { get; } = Options(IsEnabled, ErrorRate, MinSamples, countsCalls: false);

    /// <summary>The breaker of any other method, which counts calls.</summary>
    internal ThriftCircuitBreakerOptions OfCalls { get; } = Options(IsEnabled, ErrorRate, MinSamples, countsCalls: true);

    public bool Equals(KitexBreaker? other) => other is not null && (IsEnabled, ErrorRate, MinSamples) == (other.IsEnabled, other.ErrorRate, other.MinSamples);

    public override int GetHashCode() => HashCode.Combine(IsEnabled, ErrorRate, MinSamples);

    internal static KitexBreaker Decode(IConfiguration section)
    {
        var rate = section.Fraction("err_rate");
        return rate is >= 0 and <= 1
            ? new(section.Flag("enable"), rate, section.Number("min_sample"))
            : throw KitexSection.Invalid(section, "err_rate", section["err_rate"]!, "between 0 and 1");
    }

    private static ThriftCircuitBreakerOptions Options(bool isEnabled, double errorRate, int minSamples, bool countsCalls)
        => new() { IsEnabled = isEnabled, FailureRatio = errorRate, MinimumThroughput = minSamples, CountCallFailures = countsCalls };
}

/// <summary><c>degradation</c>: rejects a share of the calls before they are made.</summary>
/// <param name="IsEnabled">Whether it does so.</param>
/// <param name="Percentage">The share, from 0 to 100.</param>
internal sealed record KitexDegradation(bool IsEnabled, int Percentage)
{
    internal static KitexDegradation None { get; } = new(false, 0);

    internal static KitexDegradation Decode(IConfiguration section)
    {
        var percentage = section.Number("percentage");
        return percentage is >= 0 and <= 100
            ? new(section.Flag("enable"), percentage)
            : throw KitexSection.Invalid(section, "percentage", section["percentage"]!, "between 0 and 100");
    }
}

/// <summary><c>limit</c> of a server.</summary>
/// <param name="Connections">How many connections it has; <see langword="null"/> for any number.</param>
/// <param name="CallsPerSecond">How many calls begin within a second; <see langword="null"/> for any number.</param>
internal sealed record KitexLimit(int? Connections, int? CallsPerSecond)
{
    internal static KitexLimit None { get; } = new(null, null);

    internal static KitexLimit Decode(IConfiguration section) => new(section.Limit("connection_limit"), section.Limit("qps_limit"));
}
