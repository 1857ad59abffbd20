using System.Net.Security;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Sockets;
using Rx.ThriftStreams.Transport;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Transports.PingPong;

/// <summary>Ping-pong calls to one endpoint in one of their forms: Buffered, Framed, TTHeader, TTHeaderFramed, HTTP.</summary>
internal sealed class PingPongTransport : ClientTransport
{
    // Kitex keeps up to a hundred connections in all; many callers at a time must not connect anew for each call.
    private const int LeastPoolCapacity = 100;

    // Calls that begin close together are written together, and answered together, if they use the same connection.
    private const uint TurnOfShared = 16;

    // Many callers in step are all answered at once, and then one of them is the first again.
    private const int EnoughAlone = 16;

    private static int s_lastSequenceId;

    private readonly SslClientAuthenticationOptions? _tls;
    private readonly MessageLimits _limits;
    private readonly bool _isHttp;
    private readonly TimeProvider _clock;
    private readonly TimeSpan _connectTimeout;
    private readonly PingPongRequestWriter _writer;
    private readonly PingPongRequestWriter _sharedWriter;
    private readonly ConnectionSet<PingPongConnection>? _exclusive;
    private readonly ConnectionSet<SharedPingPongConnection>? _sharedSet;
    private readonly SharedConnections<SharedPingPongConnection>? _shared;
    private readonly Action? _onOffer;
    private readonly Action? _onRefusal;
    private readonly int? _depth;

    // How many calls in succession had the endpoint to themselves. A lost update does not matter.
    private int _callsAlone = EnoughAlone;

    // Whether calls share connections: always, never, or from when the server has said that they may.
    private volatile bool _isSharing;

    internal static ClientTransportDescriptor[] Descriptors { get; } =
    [
        Describe(PingPongForm.TTHeader),
        Describe(PingPongForm.TTHeaderFramed),
        Describe(PingPongForm.Framed),
        Describe(PingPongForm.Buffered),
        Describe(PingPongForm.Http),
    ];

    internal PingPongTransport(PingPongForm form, ClientTransportTarget target)
    {
        var (endpoint, options) = (target.Endpoint, target.Options);
        var mode = options.Connections.Mode;
        _tls = ClientTls.For(target);
        _limits = options.Limits.Message;
        _clock = options.TimeProvider;
        _connectTimeout = options.Resilience.ConnectTimeout;
        _isHttp = form.IsHttp;
        _writer = new PingPongRequestWriter(form, target.Authority, options, multiplexed: false);
        _depth = mode == ThriftConnectionMode.Pipelined ? options.Connections.MaxPipelinedCalls : null;
        _sharedWriter = _depth is null ? new PingPongRequestWriter(form, target.Authority, options, multiplexed: true) : _writer;
        _isSharing = mode is ThriftConnectionMode.Multiplexed or ThriftConnectionMode.Pipelined;
        if (_isSharing || (mode is null && form.HasHeader))
        {
            _sharedSet = new(endpoint, capacity: 0, options.Connections.IdleTimeout, options, holdsBuffer: true);
            _shared = new(options.Connections.MaxPerEndpoint, static connection => connection.IsClosed, TurnOfShared);
        }

        if (!_isSharing)
        {
            if (_shared is not null)
            {
                // One address may lead to servers of both kinds: each connection asks its own.
                _onOffer = () => _isSharing = true;
                _onRefusal = () => _isSharing = false;
            }

            var keeps = mode != ThriftConnectionMode.PerCall && options.Connections.IdleTimeout > TimeSpan.Zero;
            _exclusive = new(
                endpoint,
                keeps ? Math.Max(LeastPoolCapacity, options.Connections.MaxPerEndpoint) : 0,
                keeps ? options.Connections.IdleTimeout : TimeSpan.Zero,
                options,
                holdsBuffer: true);
        }
    }

    internal override async ValueTask<ClientTransportStream<TRequest, TResponse>> OpenAsync<TRequest, TResponse>(
        ThriftMethod<TRequest, TResponse> method,
        ClientCallStart start,
        CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var limit = start.Options.ConnectTimeout ?? _connectTimeout;
        while (_isSharing)
        {
            if (TryTakeAlone() is { } alone)
            {
                return Open(alone, method, start);
            }

            if (_exclusive is { IsEmpty: true } && !_shared!.Any(static connection => !connection.IsClosed))
            {
                // After a pause all connections are gone, and this call may be the only one again.
                _callsAlone = EnoughAlone;
                break;
            }

            // One that is closed at this moment, because it was idle or is lost, has taken nothing of the call: another will do.
            var (shared, _) = await _shared!.TakeAsync(ConnectSharedAsync, limit, cancellationToken).ConfigureAwait(false);
            if (await shared.EnterAsync(cancellationToken).ConfigureAwait(false))
            {
                return Open(shared, method, start);
            }
        }

        return Open(_exclusive!.TryTake() ?? await ConnectAsync(limit, cancellationToken).ConfigureAwait(false), method, start);
    }

    internal override ClientTransportStream<TRequest, TResponse>? TryOpen<TRequest, TResponse>(
        ThriftMethod<TRequest, TResponse> method,
        ClientCallStart start,
        ConnectionEvidence evidence)
    {
        // A single call at a time is fastest with a connection of its own; calls side by side are with one that they share.
        if ((_isSharing ? TryTakeAlone() : _exclusive!.TryTake()) is { } connection)
        {
            return Open(connection, method, start);
        }

        return _isSharing && _shared!.TryTake() is { } shared && shared.TryEnter() ? Open(shared, method, start) : null;
    }

    internal override async ValueTask PrepareAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        if (_exclusive is null)
        {
            await _shared!.TakeAsync(ConnectSharedAsync, limit, cancellationToken).ConfigureAwait(false);
            return;
        }

        var connection = _exclusive.TryTake() ?? await ConnectAsync(limit, cancellationToken).ConfigureAwait(false);
        if (!_exclusive.TryKeep(connection))
        {
            connection.Close(new ThriftTransportException(ThriftStatusCode.Unavailable, "There is no room for an idle connection."));
        }
    }

    /// <summary>Closes all connections, also those that are being made; calls that run on them fail.</summary>
    public override async ValueTask DisposeAsync()
    {
        if (_exclusive is not null)
        {
            await _exclusive.DisposeAsync().ConfigureAwait(false);
        }

        if (_sharedSet is not null)
        {
            await _sharedSet.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Takes a connection that carries one call at a time, if calls to this endpoint come one after the other.</summary>
    private PingPongConnection? TryTakeAlone()
    {
        if (_exclusive is null)
        {
            return null;
        }

        if (_exclusive.IsBusy || _shared!.Any(static connection => connection.IsBusy))
        {
            _callsAlone = 0;
            return null;
        }

        return _callsAlone >= EnoughAlone || ++_callsAlone >= EnoughAlone ? _exclusive.TryTake() : null;
    }

    private ExclusivePingPongStream<TRequest, TResponse> Open<TRequest, TResponse>(
        PingPongConnection connection,
        ThriftMethod<TRequest, TResponse> method,
        ClientCallStart start)
        where TRequest : class, IThriftStruct<TRequest>
        where TResponse : class, IThriftStruct<TResponse>
        => new(connection, method, start, _writer, NextSequenceId());

    private SharedPingPongStream<TRequest, TResponse> Open<TRequest, TResponse>(
        SharedPingPongConnection connection,
        ThriftMethod<TRequest, TResponse> method,
        ClientCallStart start)
        where TRequest : class, IThriftStruct<TRequest>
        where TResponse : class, IThriftStruct<TResponse>
        => new(connection, method, start, _sharedWriter, NextSequenceId());

    // Over HTTP answers do not name their call. Without a header, peers cannot say that they answer in any order.
    private static ClientTransportDescriptor Describe(PingPongForm form) => new(
        form.Transport,
        form.Name,
        TransportCapabilities.Calls
            | (form.HasHeader ? TransportCapabilities.SharedConnections : TransportCapabilities.ApacheProtocols)
            | (form.IsHttp ? TransportCapabilities.None : TransportCapabilities.Pipelining),
        target => new PingPongTransport(form, target));

    // One counter for the whole process, as in Kitex; 0 is never used.
    private static int NextSequenceId()
    {
        int id;
        do
        {
            id = Interlocked.Increment(ref s_lastSequenceId);
        }
        while (id == 0);
        return id;
    }

    private ValueTask<PingPongConnection> ConnectAsync(TimeSpan limit, CancellationToken cancellationToken)
        => _exclusive!.ConnectAsync(_tls, socket => new PingPongConnection(socket, _limits, _isHttp, _clock, _exclusive, _onOffer), limit, cancellationToken);

    private async ValueTask<SharedPingPongConnection> ConnectSharedAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        var connection = await _sharedSet!.ConnectAsync(
            _tls, socket => new SharedPingPongConnection(socket, _sharedSet, _limits, _clock, _onRefusal, _depth), limit, cancellationToken).ConfigureAwait(false);
        connection.Start();
        return connection;
    }
}
