using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams.Resilience.Kitex;

/// <summary>
/// The policies of a client in the formats of Kitex's configuration extensions, followed while they change. The children of the section are the categories: <c>rpc_timeout</c>, <c>retry</c>,
/// <c>circuit_break</c> and <c>degradation</c>, or <c>timeout</c> and <c>circuitbreaker</c> as in Kitex's files.
/// </summary>
internal sealed class KitexClientPolicies : CallPolicies, IDisposable
{
    private readonly KitexTable<KitexTimeouts>[] _timeouts;
    private readonly KitexTable<KitexBreaker>[] _breakers;
    private readonly KitexTable<KitexRetry> _retries;
    private readonly KitexPolicy<KitexDegradation> _degradations;
    private readonly IDisposable _changes;
    private volatile KitexDegradation _degradation = KitexDegradation.None;

    internal KitexClientPolicies(IConfiguration section, ILogger logger)
    {
        _timeouts = [.. from name in (string[])["rpc_timeout", "timeout"] select new KitexTable<KitexTimeouts>(section.GetSection(name), KitexTimeouts.Decode, logger)];
        _breakers = [.. from name in (string[])["circuit_break", "circuitbreaker"] select new KitexTable<KitexBreaker>(section.GetSection(name), KitexBreaker.Decode, logger)];
        _retries = new(section.GetSection("retry"), KitexRetry.Decode, logger);
        _degradations = new(section.GetSection("degradation"), KitexDegradation.Decode, KitexDegradation.None, logger);
        ReadDegradation();
        _changes = ChangeToken.OnChange(section.GetReloadToken, ReadDegradation);
    }

    internal override TimeSpan? TimeoutOf(ThriftMethod method) => method.IsStreaming ? null : Find(_timeouts, method, hasWildcard: true)?.Call;

    internal override TimeSpan? ConnectTimeoutOf(ThriftMethod method) => Find(_timeouts, method, hasWildcard: true)?.Connect;

    internal override ThriftCircuitBreakerOptions? BreakerOf(ThriftMethod method)
        => Find(_breakers, method, hasWildcard: false) is { } breaker ? method.IsStreaming ? breaker.OfStreams : breaker.OfCalls : null;

    internal override RepeatPlan? RepeatsOf(ThriftMethod method) => _retries.Find(method.Name, hasWildcard: true)?.Plan;

    internal override void ThrowIfRejected(ThriftMethod method)
    {
        if (_degradation is { IsEnabled: true, Percentage: var percentage } && Random.Shared.Next(100) < percentage)
        {
            throw new ThriftStatusException(ThriftStatusCode.PermissionDenied, "request forbidden: rejected by client degradation config");
        }
    }

    public void Dispose()
    {
        _changes.Dispose();
        _retries.Dispose();
        foreach (var table in _timeouts)
        {
            table.Dispose();
        }

        foreach (var table in _breakers)
        {
            table.Dispose();
        }
    }

    private static TPolicy? Find<TPolicy>(KitexTable<TPolicy>[] tables, ThriftMethod method, bool hasWildcard)
        where TPolicy : class
    {
        foreach (var table in tables)
        {
            if (table.Find(method.Name, hasWildcard) is { } policy)
            {
                return policy;
            }
        }

        return null;
    }

    private void ReadDegradation() => _degradation = _degradations.Read();
}
