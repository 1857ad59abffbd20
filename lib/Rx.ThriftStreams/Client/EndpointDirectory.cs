using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Rx.ThriftStreams.Balancing;
using Rx.ThriftStreams.Diagnostics;
using Rx.ThriftStreams.Discovery;

namespace Rx.ThriftStreams.Client;

/// <summary>Holds the endpoints of a channel: the current list, those that calls name themselves, and those that were removed while streams ran.</summary>
/// <remarks>Thread-safe. New streams use the current list; a stream keeps its endpoint, whatever the list says later.</remarks>
internal sealed class EndpointDirectory : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly ThriftAddress _address;
    private readonly ThriftChannelOptions _options;
    private readonly ThriftCircuitBreakers _breakers;
    private readonly ThriftBalancer _balancer;
    private readonly OutlierEjection? _ejection;
    private readonly EndpointFeed? _feed;
    private readonly ConcurrentDictionary<string, ChannelEndpoint> _pinned = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<ChannelEndpoint> _all = [];
    private Dictionary<string, ChannelEndpoint> _listed = new(StringComparer.OrdinalIgnoreCase);
    private EndpointList? _current;
    private bool _disposed;

    /// <param name="address">The address with its resolver.</param>
    /// <param name="options">The channel's settings.</param>
    /// <param name="breakers">Creates the breakers of endpoints.</param>
    internal EndpointDirectory(ThriftAddress address, ThriftChannelOptions options, ThriftCircuitBreakers breakers)
    {
        _address = address;
        _options = options;
        _breakers = breakers;
        var target = address.ToString();
        _balancer = options.Balancer ?? ThriftBalancers.RoundRobin;
        _ejection = options.Resilience.OutlierEjection is { } ejection
            ? new(ejection, options.TimeProvider, options.LoggerFactory.CreateLogger<OutlierEjection>(), isForLatency => ThriftCounters.Ejected(target, isForLatency))
            : null;
        if (address.Resolver is StaticResolver { Endpoints: var endpoints })
        {
            Use(endpoints);
        }
        else
        {
            var context = new ThriftResolveContext(
                address.Target,
                options.Discovery.RefreshInterval,
                options.TimeProvider,
                options.LoggerFactory.CreateLogger<ThriftResolver>())
            {
                Lookup = options.Lookup,
            };
            _feed = new EndpointFeed(address.Resolver, context, Use, callsFailed => ThriftCounters.ResolverFailed(target, callsFailed));
        }

        TracksStreams = _feed is not null || _ejection is not null || _balancer.TracksStreams;
        EndpointMeter.Add(this, target);
    }

    /// <summary>Whether streams are counted: for the balancer, for ejection, or because endpoints may be removed while streams run.</summary>
    internal bool TracksStreams { get; }

    /// <summary>The current list; <see langword="null"/> before the first.</summary>
    internal EndpointList? Current => Volatile.Read(ref _current);

    /// <summary>Waits until there is a list.</summary>
    /// <exception cref="ThriftDiscoveryException">The resolver failed.</exception>
    internal Task WhenListedAsync(CancellationToken cancellationToken) => _feed?.WhenListedAsync(cancellationToken) ?? Task.CompletedTask;

    /// <summary>The endpoint that a call names itself.</summary>
    internal ChannelEndpoint Pin(string address)
    {
        if (_pinned.TryGetValue(address, out var pinned))
        {
            return pinned;
        }

        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, typeof(ThriftChannel));
            return _listed.TryGetValue(address, out var listed) ? listed : _pinned.GetOrAdd(address, static (address, self) => self.Create(new ThriftEndpoint(address)), this);
        }
    }

    public async ValueTask DisposeAsync()
    {
        EndpointMeter.Remove(this);
        if (_feed is not null)
        {
            await _feed.DisposeAsync().ConfigureAwait(false);
        }

        ChannelEndpoint[] all;
        lock (_gate)
        {
            _disposed = true;
            all = [.. _all];
            _all.Clear();
        }

        foreach (var endpoint in all)
        {
            await endpoint.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Makes a list the current one. Endpoints that stay keep their connections, breakers and statistics.</summary>
    private void Use(IReadOnlyList<ThriftEndpoint> list)
    {
        List<ChannelEndpoint> removed;
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            var listed = new Dictionary<string, ChannelEndpoint>(list.Count, StringComparer.OrdinalIgnoreCase);
            foreach (var endpoint in list)
            {
                listed[endpoint.Address] = Find(endpoint) ?? Create(endpoint);
            }

            var endpoints = listed.Values.ToArray();
            ThriftCandidate[] candidates = [.. endpoints.Select(static endpoint => endpoint.Candidate)];
            var picker = _balancer.CreatePicker(candidates);
            _ejection?.Watch(candidates);
            Array.ForEach(endpoints, static endpoint => endpoint.WatchHealth());
            removed = [.. _listed.Values.Except(endpoints)];
            _listed = listed;
            Volatile.Write(ref _current, new EndpointList(_address.ToString(), endpoints, picker));
            _all.RemoveWhere(static endpoint => endpoint.IsDisposed);
        }

        foreach (var endpoint in removed)
        {
            endpoint.Retire();
        }
    }

    /// <summary>What exists for that endpoint.</summary>
    private ChannelEndpoint? Find(ThriftEndpoint endpoint)
    {
        if (!_listed.TryGetValue(endpoint.Address, out var found) && !_pinned.TryRemove(endpoint.Address, out found))
        {
            return null;
        }

        if (!found.Candidate.Endpoint.HasPlaceOf(endpoint))
        {
            return null;
        }

        found.Candidate.Endpoint = endpoint;
        return found;
    }

    private ChannelEndpoint Create(ThriftEndpoint endpoint)
    {
        var created = new ChannelEndpoint(endpoint, _address.UseTls, _options, _breakers) { Ejection = _ejection };
        _all.Add(created);
        return created;
    }
}
