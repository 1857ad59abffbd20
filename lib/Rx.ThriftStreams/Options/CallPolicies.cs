using Rx.ThriftStreams.Contracts;

namespace Rx.ThriftStreams.Options;

/// <summary>Policies of calls that come from outside of the program and may change at any time. What code sets has precedence. Thread-safe; asked for each call.</summary>
internal abstract class CallPolicies
{
    /// <summary>How long a call, or each attempt of it, may take; <see langword="null"/> if there is no policy.</summary>
    internal abstract TimeSpan? TimeoutOf(ThriftMethod method);

    /// <summary>How long connecting may take; likewise.</summary>
    internal abstract TimeSpan? ConnectTimeoutOf(ThriftMethod method);

    /// <summary>The breaker of a method; likewise. The same instance as long as it is the same policy.</summary>
    internal abstract ThriftCircuitBreakerOptions? BreakerOf(ThriftMethod method);

    /// <summary>How a method's calls are repeated; likewise. The same instance as long as it is the same policy.</summary>
    internal abstract RepeatPlan? RepeatsOf(ThriftMethod method);

    /// <summary>Throws if a call is rejected before anything is done for it.</summary>
    internal abstract void ThrowIfRejected(ThriftMethod method);
}
