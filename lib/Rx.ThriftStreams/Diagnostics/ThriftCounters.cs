using System.Diagnostics.Metrics;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams.Diagnostics;

/// <summary>Counts what is otherwise visible in the log only. No tag has a value that a peer chooses.</summary>
internal static class ThriftCounters
{
    /// <summary>The address that a channel was created for.</summary>
    internal const string Target = "thriftstreams.target";

    /// <summary>Whether calls failed because of it.</summary>
    internal const string CallsFailed = "thriftstreams.calls_failed";

    private static readonly Counter<long> s_attempts = LibraryMeter.Meter.CreateCounter<long>(
        "thriftstreams.client.extra_attempts", "{attempt}", "How many attempts followed the first one of a call.");

    private static readonly Counter<long> s_fallbacks = LibraryMeter.Meter.CreateCounter<long>(
        "thriftstreams.client.fallbacks", "{call}", "How many calls that had failed were answered by a fallback.");

    private static readonly Counter<long> s_ejections = LibraryMeter.Meter.CreateCounter<long>(
        "thriftstreams.client.ejections", "{ejection}", "How often endpoints were ejected as outliers.");

    private static readonly Counter<long> s_resolverFailures = LibraryMeter.Meter.CreateCounter<long>(
        "thriftstreams.client.resolver_failures", "{failure}", "How often the endpoints of a channel could not be resolved.");

    private static readonly Counter<long> s_tokenFailures = LibraryMeter.Meter.CreateCounter<long>(
        "thriftstreams.client.token_failures", "{failure}", "How often a bearer token could not be obtained.");

    private static readonly Counter<long> s_unhandledErrors = LibraryMeter.Meter.CreateCounter<long>(
        "thriftstreams.unhandled_errors", "{error}", "How many errors of subscriptions to messages reached no code that handles them.");

    /// <summary>An attempt of a call begins that is not its first.</summary>
    internal static void ExtraAttempt(ThriftMethod method, AttemptKind kind)
    {
        if (s_attempts.Enabled)
        {
            var tags = CallTags.Of(method);
            tags.Add("thriftstreams.attempt.kind", kind switch
            {
                AttemptKind.Retry => "retry",
                AttemptKind.Hedge => "hedge",
                AttemptKind.Pipeline => "pipeline",
                _ => "connect",
            });
            s_attempts.Add(1, tags);
        }
    }

    /// <summary>A fallback answered a call.</summary>
    internal static void Fallback(ThriftMethod method)
    {
        if (s_fallbacks.Enabled)
        {
            s_fallbacks.Add(1, CallTags.Of(method));
        }
    }

    /// <summary>An endpoint of a channel was ejected.</summary>
    internal static void Ejected(string target, bool isForLatency)
        => s_ejections.Add(1, new(Target, target), new("thriftstreams.ejection.cause", isForLatency ? "latency" : "failures"));

    /// <summary>A resolver failed.</summary>
    internal static void ResolverFailed(string target, bool callsFailed) => s_resolverFailures.Add(1, new(Target, target), new(CallsFailed, callsFailed));

    /// <summary>A client got no bearer token.</summary>
    internal static void TokenFailed(string client, bool callsFailed) => s_tokenFailures.Add(1, new("thriftstreams.client.name", client), new(CallsFailed, callsFailed));

    /// <summary>Nothing handled the error of a call, or the exception of an observer of its messages.</summary>
    internal static void NotHandled(ThriftMethod method, bool isOfCall)
    {
        if (s_unhandledErrors.Enabled)
        {
            var tags = CallTags.Of(method);
            tags.Add("thriftstreams.error.source", isOfCall ? "call" : "observer");
            s_unhandledErrors.Add(1, tags);
        }
    }
}
