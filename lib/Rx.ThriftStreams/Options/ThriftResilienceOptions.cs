using Polly;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams;

/// <summary>What happens when a stream cannot be created or a call fails: <see cref="ThriftChannelOptions.Resilience"/>.</summary>
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

    /// <summary>Retries the creation of a stream on other endpoints; <see langword="null"/> for not doing so. Default: on, with the defaults of <see cref="ThriftConnectRetryOptions"/>.</summary>
    public ThriftConnectRetryOptions? ConnectRetry { get; set; } = new();

    /// <summary>
    /// Takes the place of <see cref="ConnectRetry"/>, which is then ignored: returns the pipeline around the creation of a method's streams, or <see langword="null"/> for <see cref="ConnectRetry"/>. Called
    /// when a method is first called. Each execution of the pipeline's callback tries an endpoint that was not tried for this stream, or fails with the last error if there is none; its result is
    /// not a message and must be returned unchanged. The pipeline must not execute its callback concurrently. Default: none.
    /// </summary>
    public Func<ThriftMethod, ResiliencePipeline?>? ConnectPipeline { get; set; }

    /// <summary>The circuit breakers around creating streams; <see langword="null"/> for none. Default: on, with the defaults of <see cref="ThriftCircuitBreakerOptions"/>.</summary>
    public ThriftCircuitBreakerOptions? CircuitBreaker { get; set; } = new();

    /// <summary>Takes endpoints out of use that fail or are slow; <see langword="null"/> for not doing so. Default: off. Costs one small object for each stream.</summary>
    public ThriftOutlierEjectionOptions? OutlierEjection { get; set; }

    /// <summary>Retries calls of one message each way; <see langword="null"/> for not doing so. Default: off.</summary>
    public ThriftRetryOptions? Retry { get; set; }

    /// <summary>Sends idempotent calls of one message each way to a second endpoint when the first is slow; <see langword="null"/> for not doing so. Default: off.</summary>
    public ThriftHedgingOptions? Hedging { get; set; }

    /// <summary>
    /// Whether <see cref="Retry"/>, <see cref="Hedging"/> and <see cref="CallPipeline"/> apply to server-streaming methods too, until the first response of a stream has arrived or it has ended. Default
    /// <see langword="false"/>. A stream that has delivered a response is never repeated.
    /// </summary>
    public bool IncludeServerStreams { get; set; }

    /// <summary>
    /// Answers in place of a call that failed with a <see cref="ThriftException"/>, after all attempts: returns the result of the method, for a server-streaming method an
    /// <see cref="IAsyncEnumerable{T}"/> of its responses, for a method without a result <see langword="true"/>; or <see langword="null"/> to let the error reach the caller. A value of another type
    /// fails the call with an <see cref="InvalidOperationException"/>. Business errors, declared exceptions and cancellation are not passed to it, neither are errors of a stream that has delivered a response. Not
    /// called for calls opened by an <c>Open…Async</c> method, nor for those that take a stream of requests. <see cref="ThriftFallback"/> makes it from an implementation of the service, whose types the compiler checks. Default: none.
    /// </summary>
    public Func<ThriftFallbackContext, ValueTask<object?>>? Fallback { get; set; }

    /// <summary>
    /// Takes the place of <see cref="Retry"/> and <see cref="Hedging"/>, which cannot be set with it: returns the pipeline around the calls of a method of one message each way,
    /// or <see langword="null"/> for none. Called when a method is first called; it decides whether a method may be called more than once. Each execution of the pipeline's callback is an attempt; its result is the response message
    /// or, with <see cref="IncludeServerStreams"/>, an open stream: return it unchanged.
    /// Default: none.
    /// </summary>
    public Func<ThriftMethod, ResiliencePipeline?>? CallPipeline { get; set; }

    internal ThriftResilienceOptions Snapshot()
    {
        var copy = (ThriftResilienceOptions)MemberwiseClone();
        copy.ConnectRetry = ConnectRetry?.Snapshot();
        copy.CircuitBreaker = CircuitBreaker?.Snapshot();
        copy.OutlierEjection = OutlierEjection?.Snapshot();
        copy.Retry = Retry?.Snapshot();
        copy.Hedging = Hedging?.Snapshot();
        return copy;
    }

    internal void Validate(string owner)
    {
        OptionChecks.TimeLimit(ConnectTimeout, $"{owner}.{nameof(ConnectTimeout)}");
        ConnectRetry?.Validate($"{owner}.{nameof(ConnectRetry)}");
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
