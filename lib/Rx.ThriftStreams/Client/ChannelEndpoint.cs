using System.Collections.Concurrent;
using System.Diagnostics;
using Rx.ThriftStreams.Balancing;
using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Resilience;
using Rx.ThriftStreams.Transport;
using Rx.ThriftStreams.Transports.Grpc;

namespace Rx.ThriftStreams.Client;

/// <summary>What a channel keeps for an endpoint: its transports and its circuit breaker. Both end with it.</summary>
[DebuggerDisplay("{Address}")]
internal sealed class ChannelEndpoint : IAsyncDisposable
{
    private readonly ThriftChannelOptions _options;
    private readonly bool _useTls;
    private readonly ConcurrentDictionary<ThriftTransport, Lazy<ClientTransport>> _transports = new();
    private readonly ThriftCircuitBreakers _breakers;
    private ITimer? _drainLimit;
    private HealthWatch? _health;
    private volatile bool _isRetired;
    private int _disposed;

    /// <param name="endpoint">The endpoint.</param>
    /// <param name="useTls">Whether to use TLS.</param>
    /// <param name="options">The channel's settings.</param>
    /// <param name="breakers">Creates the breaker.</param>
    internal ChannelEndpoint(ThriftEndpoint endpoint, bool useTls, ThriftChannelOptions options, ThriftCircuitBreakers breakers)
    {
        _options = options;
        _useTls = useTls;
        Candidate = new ThriftCandidate(endpoint, options.TimeProvider) { Owner = this };
        _breakers = breakers;
        Breaker = breakers.For(Candidate);
    }

    internal bool IsDisposed => Volatile.Read(ref _disposed) != 0;

    internal string Address => Candidate.Endpoint.Address;

    /// <summary>The endpoint as pickers see it.</summary>
    internal ThriftCandidate Candidate { get; }

    /// <summary>The breaker around creating streams.</summary>
    internal CircuitBreaker Breaker { get; }

    /// <summary>The transport of that kind, which is created when it is first needed.</summary>
    /// <exception cref="ObjectDisposedException">The channel was disposed.</exception>
    /// <exception cref="ThriftConnectException">The endpoint was removed from the list.</exception>
    internal ClientTransport TransportOf(ClientTransportDescriptor kind)
    {
        var transport = _transports.GetOrAdd(
            kind.Kind,
            static (_, state) => new Lazy<ClientTransport>(() => state.kind.Create(state.self.Target)),
            (self: this, kind)).Value;
        if (Volatile.Read(ref _disposed) != 0)
        {
            // Created concurrently with the disposal, which may not have seen it.
            _ = transport.DisposeAsync().AsTask();
            throw _isRetired
                ? new ThriftConnectException(Address, new IOException("The endpoint was removed from the list of endpoints"))
                : new ObjectDisposedException(nameof(ThriftChannel));
        }

        return transport;
    }

    /// <summary>Is notified of how streams fare; <see langword="null"/> if nobody asks.</summary>
    internal OutlierEjection? Ejection { get; init; }

    /// <summary>Watches its health from now on, if the channel does that. Not thread-safe.</summary>
    internal void WatchHealth()
    {
        if (_options.Discovery.HealthService is { } service && _health is null)
        {
            _health = new HealthWatch((GrpcTransport)TransportOf(GrpcTransport.Descriptor), service, Candidate, _options);
        }
    }

    /// <summary>Opens a connection and closes it again, beside those of calls.</summary>
    /// <exception cref="ThriftException">It could not be opened within the connect timeout.</exception>
    internal async Task TryConnectAsync(ClientTransportDescriptor kind, CancellationToken cancellationToken)
    {
        var limit = _options.Resilience.ConnectTimeout;
        var transport = kind.Create(Target);
        await using (transport.ConfigureAwait(false))
        {
            await ConnectLimit.RunAsync(
                async limited =>
                {
                    await transport.PrepareAsync(limit, limited).ConfigureAwait(false);
                    return true;
                },
                limit,
                _options.TimeProvider,
                Address,
                cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Ends a stream that was counted. The last stream of an endpoint that was removed closes its connections.</summary>
    internal void Exit()
    {
        if (Candidate.Exit() && _isRetired)
        {
            CloseIfIdle();
        }
    }

    /// <summary>Removes the endpoint: its streams may finish within the limit.</summary>
    internal void Retire()
    {
        _isRetired = true;
        if (!CloseIfIdle())
        {
            using var flow = ExecutionContext.SuppressFlow();
            _drainLimit = _options.TimeProvider.CreateTimer(
                static self => _ = ((ChannelEndpoint)self!).DisposeAsync().AsTask(),
                this,
                CallTimers.DueTimeOfLimit(_options.Discovery.DrainTimeout),
                Timeout.InfiniteTimeSpan);
            if (Volatile.Read(ref _disposed) != 0)
            {
                _drainLimit.Dispose();
            }
        }
    }

    /// <summary>Closes the connections; streams that run on them fail.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        _breakers.Remove(Breaker);
        if (_drainLimit is { } limit)
        {
            await limit.DisposeAsync().ConfigureAwait(false);
        }

        if (_health is { } health)
        {
            await health.DisposeAsync().ConfigureAwait(false);
        }

        foreach (var transport in _transports.Values)
        {
            // A transport that could not be created throws again when it is read; one that is being created is disposed by its creator.
            if (transport.IsValueCreated)
            {
                await transport.Value.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    private ClientTransportTarget Target => new(Address, Candidate.Endpoint.HostName, _useTls, _options);

    private bool CloseIfIdle()
    {
        if (!Candidate.TryClose())
        {
            return false;
        }

        _ = DisposeAsync().AsTask();
        return true;
    }
}
