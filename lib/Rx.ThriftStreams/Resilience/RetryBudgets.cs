using System.Collections.Concurrent;
using Rx.ThriftStreams.Contracts;

namespace Rx.ThriftStreams.Resilience;

/// <summary>The retry budgets of a channel's methods. Thread-safe.</summary>
internal sealed class RetryBudgets(TimeProvider clock)
{
    private readonly ConcurrentDictionary<string, RetryBudget> _budgets = new(StringComparer.Ordinal);

    internal RetryBudget For(ThriftMethod method) => _budgets.GetOrAdd(MethodKey.Of(method), static (_, clock) => new(clock), clock);
}
