using System.Collections.Concurrent;
using Polly;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams.Resilience;

/// <summary>Decides whether the creation of a stream is retried on another endpoint. Thread-safe.</summary>
internal sealed class ConnectRetries(ThriftChannelOptions options, RetryBudgets budgets)
{
    private readonly ThriftConnectRetryOptions? _settings = options.Resilience.ConnectRetry;
    private readonly Func<ThriftMethod, ResiliencePipeline?>? _create = options.Resilience.ConnectPipeline;
    private readonly ConcurrentDictionary<string, ResiliencePipeline?> _pipelines = new(StringComparer.Ordinal);

    // Counting costs a lock. Without a limit it is done only for the retries of calls, which share the budget.
    private readonly bool _isLimited = options.Resilience.ConnectRetry is { Budget: < 1 };
    private readonly bool _isCounted = options.Policies is not null || options.Resilience is { ConnectRetry.Budget: < 1 } or { Retry: not null } or { Hedging: not null };

    /// <summary>Whether creating failed because connecting failed, so that another endpoint may succeed.</summary>
    internal static bool IsConnectFailure(Exception? error) => error
        is ThriftConnectException
        or ThriftTimeoutException { Kind: ThriftTimeoutKind.Connect }
        or ThriftCircuitOpenException { Scope: ThriftCircuitScope.Endpoint };

    internal int MaxAttempts => _create is not null ? int.MaxValue : _settings?.MaxAttempts ?? 1;

    /// <summary>The user's pipeline for a method; <see langword="null"/> if there is none.</summary>
    internal ResiliencePipeline? PipelineOf(ThriftMethod method)
    {
        if (_create is null)
        {
            return null;
        }

        var key = MethodKey.Of(method);
        return _pipelines.TryGetValue(key, out var known) ? known : _pipelines.GetOrAdd(key, _create(method));
    }

    /// <summary>Creating a stream begins. The attempts of a call that may have several are counted by the call.</summary>
    internal void Begin(ThriftMethod method, ClientCallStart start)
    {
        if (_isLimited && start.Options.Attempts is null)
        {
            budgets.For(method).CountFirst();
        }
    }

    /// <summary>Whether to try another endpoint, and after which pause.</summary>
    /// <param name="method">The method.</param>
    /// <param name="error">Why the last one failed.</param>
    /// <param name="retries">How many retries there were.</param>
    /// <param name="pause">The pause.</param>
    internal bool TryRetry(ThriftMethod method, Exception error, int retries, out TimeSpan pause)
    {
        pause = default;
        if (_settings is not { } settings || error is not ThriftException failure || !(settings.ShouldRetry is { } should ? should(failure) : IsConnectFailure(failure)))
        {
            return false;
        }

        var pushback = Backoff.PushbackOf(error);
        if (!Backoff.Allows(pushback, settings.MaxDelay) || (_isCounted && !budgets.For(method).TryRetry(settings.Budget)))
        {
            return false;
        }

        pause = pushback is { } asked ? TimeSpan.FromMilliseconds(asked) : Backoff.Exponential(retries, settings.Delay, settings.MaxDelay);
        return true;
    }
}
