using Polly;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams;

/// <summary>What happens when a stream cannot be created: <see cref="ThriftChannelOptions.Resilience"/>.</summary>
public sealed class ThriftResilienceOptions
{
    internal ThriftResilienceOptions()
    {
    }

    /// <summary>
    /// How long creating a stream may take for each endpoint tried. Default 3 s: the first call of a process also waits for code to be compiled.
    /// <see cref="Timeout.InfiniteTimeSpan"/> for no limit.
    /// </summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>How many endpoints are tried, one after the other, when a connection cannot be made. Default 6, as in Kitex; at least 1, and never more than there are.</summary>
    public int MaxConnectAttempts { get; set; } = 6;

    /// <summary>The circuit breakers around creating streams; <see langword="null"/> for none. Default: on, with the defaults of <see cref="ThriftCircuitBreakerOptions"/>.</summary>
    public ThriftCircuitBreakerOptions? CircuitBreaker { get; set; } = new();

    /// <summary>Takes endpoints out of use that fail or are slow; <see langword="null"/> for not doing so. Default: off. Costs one small object for each stream.</summary>
    public ThriftOutlierEjectionOptions? OutlierEjection { get; set; }

    /// <summary>Retries calls of one message each way; <see langword="null"/> for not doing so. Default: off.</summary>
    public ThriftRetryOptions? Retry { get; set; }

    /// <summary>Sends idempotent calls of one message each way to a second endpoint when the first is slow; <see langword="null"/> for not doing so. Default: off.</summary>
    public ThriftHedgingOptions? Hedging { get; set; }

    /// <summary>
    /// Takes the place of <see cref="Retry"/> and <see cref="Hedging"/>, which cannot be set with it: returns the pipeline around the calls of a method of one message each way,
    /// or <see langword="null"/> for none. Called when a method is first called; it decides whether a method may be called more than once. Each execution of the pipeline's callback is an attempt; its result is the response message.
    /// Default: none.
    /// </summary>
    public Func<ThriftMethod, ResiliencePipeline?>? CallPipeline { get; set; }

    internal ThriftResilienceOptions Snapshot()
    {
        var copy = (ThriftResilienceOptions)MemberwiseClone();
        copy.CircuitBreaker = CircuitBreaker?.Snapshot();
        copy.OutlierEjection = OutlierEjection?.Snapshot();
        copy.Retry = Retry?.Snapshot();
        copy.Hedging = Hedging?.Snapshot();
        return copy;
    }

    internal void Validate(string owner)
    {
        OptionChecks.TimeLimit(ConnectTimeout, $"{owner}.{nameof(ConnectTimeout)}");
        OptionChecks.AtLeast(1, MaxConnectAttempts, $"{owner}.{nameof(MaxConnectAttempts)}");
        CircuitBreaker?.Validate($"{owner}.{nameof(CircuitBreaker)}");
        OutlierEjection?.Validate($"{owner}.{nameof(OutlierEjection)}");
        Retry?.Validate($"{owner}.{nameof(Retry)}");
        Hedging?.Validate($"{owner}.{nameof(Hedging)}");
        if (CallPipeline is not null && (Retry is not null || Hedging is not null))
        {
            throw new ArgumentException($"{owner}.{nameof(CallPipeline)} takes the place of {nameof(Retry)} and {nameof(Hedging)}, which are set too. Leave out one of them.", $"{owner}.{nameof(CallPipeline)}");
        }
    }
}
