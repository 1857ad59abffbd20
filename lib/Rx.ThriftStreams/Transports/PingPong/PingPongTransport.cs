using System.Net.Security;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Sockets;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.Transports.PingPong;

/// <summary>Ping-pong calls to one endpoint in one of their forms: Buffered, Framed, TTHeader, TTHeaderFramed.</summary>
internal sealed class PingPongTransport : ClientTransport
{
    // Kitex keeps up to a hundred connections in all; many callers at a time must not connect anew for each call.
    private const int LeastPoolCapacity = 100;

    private static int s_lastSequenceId;

    private readonly string _endpoint;
    private readonly SslClientAuthenticationOptions? _tls;
    private readonly int _maxMessageSize;
    private readonly ThriftConnectionMode _mode;
    private readonly PingPongRequestWriter _writer;
    private readonly ConnectionPool? _pool;
    private readonly SharedConnections<MultiplexedPingPongConnection>? _shared;
    private readonly Action<PingPongConnection> _giveBack;

    internal PingPongTransport(ThriftTransport form, string endpoint, bool useTls, ThriftChannelOptions options)
    {
        _mode = options.Connections.Mode ?? ThriftConnectionMode.Pooled;
        _endpoint = endpoint;
        _giveBack = GiveBack;
        _tls = ClientTls.For(endpoint, useTls, options);
        _maxMessageSize = options.Limits.MaxReceiveMessageSize;
        _writer = new PingPongRequestWriter(form, options, _mode == ThriftConnectionMode.Multiplexed);
        _pool = _mode == ThriftConnectionMode.Pooled && options.Connections.IdleTimeout > TimeSpan.Zero
            ? new ConnectionPool(Math.Max(LeastPoolCapacity, options.Connections.MaxPerEndpoint), options.Connections.IdleTimeout, options.TimeProvider)
            : null;
        _shared = _mode == ThriftConnectionMode.Multiplexed ? new(options.Connections.MaxPerEndpoint, static connection => connection.IsClosed) : null;
    }

    internal override async ValueTask<ClientTransportStream<TRequest, TResponse>> OpenAsync<TRequest, TResponse>(
        ThriftMethod<TRequest, TResponse> method,
        ClientCallStart start,
        CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_shared is not null)
        {
            var (shared, _) = await _shared.TakeAsync(ConnectSharedAsync, cancellationToken).ConfigureAwait(false);
            return new MultiplexedPingPongStream<TRequest, TResponse>(shared, method, start, _writer, NextSequenceId());
        }

        var connection = _pool?.Take()
            ?? new PingPongConnection(await SocketConnection.ConnectAsync(_endpoint, _tls, cancellationToken).ConfigureAwait(false), _maxMessageSize);
        return new ExclusivePingPongStream<TRequest, TResponse>(connection, _giveBack, method, start, _writer, NextSequenceId());
    }

    internal override ClientTransportStream<TRequest, TResponse>? TryOpen<TRequest, TResponse>(
        ThriftMethod<TRequest, TResponse> method,
        ClientCallStart start,
        bool isLast)
    {
        if (_shared is not null)
        {
            return _shared.TryTake() is { } shared
                ? new MultiplexedPingPongStream<TRequest, TResponse>(shared, method, start, _writer, NextSequenceId())
                : null;
        }

        return _pool?.Take() is { } connection
            ? new ExclusivePingPongStream<TRequest, TResponse>(connection, _giveBack, method, start, _writer, NextSequenceId())
            : null;
    }

    public override async ValueTask DisposeAsync()
    {
        if (_pool is not null)
        {
            await _pool.DisposeAsync().ConfigureAwait(false);
        }

        foreach (var connection in _shared?.Made ?? [])
        {
            await connection.DisposeAsync().ConfigureAwait(false);
        }
    }

    // One counter for the whole process, as in Kitex; 0 is no call's.
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

    private void GiveBack(PingPongConnection connection)
    {
        if (_pool is not null)
        {
            _pool.Give(connection);
        }
        else
        {
            _ = connection.DisposeAsync().AsTask();
        }
    }

    private async ValueTask<MultiplexedPingPongConnection> ConnectSharedAsync(CancellationToken cancellationToken)
    {
        var connection = new MultiplexedPingPongConnection(
            await SocketConnection.ConnectAsync(_endpoint, _tls, cancellationToken).ConfigureAwait(false), _maxMessageSize);
        connection.Start();
        return connection;
    }
}
