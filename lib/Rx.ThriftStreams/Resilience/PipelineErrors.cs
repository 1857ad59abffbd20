using System.Diagnostics.CodeAnalysis;
using Polly;
using Polly.CircuitBreaker;
using Polly.Timeout;
using Rx.ThriftStreams.Contracts;

namespace Rx.ThriftStreams.Resilience;

/// <summary>Translates the errors of Polly's strategies in pipelines of the user, so that callers see the errors of this library.</summary>
internal static class PipelineErrors
{
    /// <summary>The status of a call that a strategy refused or ended; any other error unchanged.</summary>
    [return: NotNullIfNotNull(nameof(error))]
    internal static Exception? Translate(Exception? error, ThriftMethod method) => error is ExecutionRejectedException rejected
        ? new ThriftStatusException(StatusOf(rejected), $"The pipeline of {method.FullName} ended the call: {rejected.Message}", rejected)
        : error;

    private static ThriftStatusCode StatusOf(ExecutionRejectedException error) => error switch
    {
        TimeoutRejectedException => ThriftStatusCode.DeadlineExceeded,
        BrokenCircuitException => ThriftStatusCode.Unavailable,

        // That of rate limiters, which is in a package of its own.
        _ => ThriftStatusCode.ResourceExhausted,
    };
}
