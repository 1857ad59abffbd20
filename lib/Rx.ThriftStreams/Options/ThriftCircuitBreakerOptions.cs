using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams;

/// <summary>
/// Settings of the circuit breakers around creating streams: one for each method, one for each endpoint. The defaults are Kitex's, where it has the setting.
/// </summary>
/// <remarks>They can be replaced while the channel is in use: <see cref="ThriftCircuitBreakers.Update"/>.</remarks>
public sealed class ThriftCircuitBreakerOptions
{
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    private Dictionary<string, ThriftCircuitBreakerOptions> _overrides = new(StringComparer.Ordinal);

    /// <summary>Whether the breakers count and open. Default <see langword="true"/>.</summary>
    public bool IsEnabled { get; set; } = true;

    /// <summary>Opens when this share of attempts to create a stream failed within <see cref="SamplingDuration"/>. Default 0.5; more than 0, at most 1.</summary>
    public double FailureRatio { get; set; } = 0.5;

    /// <summary>Never opens on fewer attempts than this within <see cref="SamplingDuration"/>. Default 200; at least 2.</summary>
    public int MinimumThroughput { get; set; } = 200;

    /// <summary>The window over which attempts are counted. Default 10 s; 0.5 s to 1 day.</summary>
    public TimeSpan SamplingDuration { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long it stays open before one attempt is let through. Default 5 s; 0.5 s to 1 day.</summary>
    public TimeSpan BreakDuration { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Whether calls count as a whole, rather than the creation of their streams: a call that ends with <see cref="ThriftStatusCode.Unavailable"/>, <see cref="ThriftStatusCode.Internal"/>,
    /// <see cref="ThriftStatusCode.Unknown"/> or <see cref="ThriftStatusCode.DataLoss"/>, or that got no response in time, is a failure; any other end that the server caused is a success. Default <see langword="false"/>: errors of
    /// streams that were created never count. Costs one small object for each stream.
    /// </summary>
    /// <remarks>
    /// The breaker of an endpoint counts the calls of all methods: with one endpoint, a method that keeps failing blocks the others. To let only the breakers of methods count calls, set this in
    /// <see cref="Overrides"/> for their service.
    /// </remarks>
    public bool CountCallFailures { get; set; }

    /// <summary>
    /// Settings of some breakers in place of these, by key: a method such as <c>TestService/Echo</c>, a service for all its methods, both with or without the package as in <c>echo.TestService/Echo</c>, or an endpoint
    /// such as <c>10.0.0.1:8888</c>. The method's own settings have precedence over its service's. They cannot have overrides themselves. Default: none.
    /// </summary>
    /// <remarks>A client from dependency injection checks at start that each key is an endpoint, its service or a method of it. A channel does not know the services of its clients: there, a key that fits nothing has no effect.</remarks>
    public IDictionary<string, ThriftCircuitBreakerOptions> Overrides => _overrides;

    /// <summary>The settings of an endpoint's breaker.</summary>
    internal ThriftCircuitBreakerOptions For(string endpoint) => Overrides.TryGetValue(endpoint, out var own) ? own : this;

    /// <summary>The settings of a method's breaker: its own, else its service's, else these.</summary>
    internal ThriftCircuitBreakerOptions For(ThriftMethod method)
    {
        if (Overrides.Count == 0)
        {
            return this;
        }

        if (Overrides.TryGetValue(method.FullName, out var own) || Overrides.TryGetValue(method.LocalName, out own))
        {
            return own;
        }

        // The name before the slash, without a copy of it.
        var service = method.FullName.AsSpan(0, method.FullName.Length - method.Name.Length - 1);
        return _overrides.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(service, out own) || Overrides.TryGetValue(method.ServiceName, out own) ? own : this;
    }

    /// <summary>Whether a breaker with those settings need not begin anew with these.</summary>
    internal bool HasValuesOf(ThriftCircuitBreakerOptions other)
        => (IsEnabled, FailureRatio, MinimumThroughput, SamplingDuration, BreakDuration, CountCallFailures)
            == (other.IsEnabled, other.FailureRatio, other.MinimumThroughput, other.SamplingDuration, other.BreakDuration, other.CountCallFailures);

    internal ThriftCircuitBreakerOptions Snapshot()
    {
        var copy = (ThriftCircuitBreakerOptions)MemberwiseClone();
        copy._overrides = Overrides.ToDictionary(static pair => pair.Key, static pair => pair.Value.Snapshot(), StringComparer.Ordinal);
        return copy;
    }

    internal void Validate(string owner)
    {
        OptionChecks.Share(FailureRatio, $"{owner}.{nameof(FailureRatio)}");

        OptionChecks.AtLeast(2, MinimumThroughput, $"{owner}.{nameof(MinimumThroughput)}");
        OptionChecks.Between(Shortest, Longest, SamplingDuration, $"{owner}.{nameof(SamplingDuration)}");
        OptionChecks.Between(Shortest, Longest, BreakDuration, $"{owner}.{nameof(BreakDuration)}");
        foreach (var (key, settings) in Overrides)
        {
            var name = $"{owner}.{nameof(Overrides)}[\"{key}\"]";
            OptionChecks.NotNull(settings, name);
            if (settings.Overrides.Count > 0)
            {
                throw new ArgumentException($"{name} has overrides itself. Leave them out.", name);
            }

            settings.Validate(name);
        }
    }
}
