using System.Net.Security;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Sockets;
using Rx.ThriftStreams.Transport;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Transports.TTHeaderStreaming;

/// <summary>TTHeader Streaming to one endpoint: its connections, and which of them a stream gets.</summary>
internal sealed class TTHeaderStreamingTransport : ClientTransport
{
    private const int MostTemplates = 1024;

    private readonly string _endpoint;
    private readonly SslClientAuthenticationOptions? _tls;
    private readonly StreamLimits _limits;
    private readonly string _serviceName;
    private readonly TimeProvider _clock;
    private readonly TimeSpan _connectTimeout;
    private readonly ConnectionSet<ClientFrameConnection> _connections;
    private readonly SharedConnections<ClientFrameConnection>? _shared;
    private readonly BoundedTable<string, FrameTemplates> _templates = new(MostTemplates, StringComparer.Ordinal);
    private readonly ConnectionSweep _sweep;

    internal static ClientTransportDescriptor Descriptor { get; } = new(
        ThriftTransport.TTHeaderStreaming,
        "ttheader-streaming",
        TransportCapabilities.Streams | TransportCapabilities.SharedConnections,
        static target => new TTHeaderStreamingTransport(target));

    internal TTHeaderStreamingTransport(ClientTransportTarget target)
    {
        var (endpoint, options) = (target.Endpoint, target.Options);
        _endpoint = endpoint;
        _connectTimeout = options.Resilience.ConnectTimeout;
        _tls = ClientTls.For(target);
        _limits = new StreamLimits(options.TTHeader.StreamBuffers, options.Limits.Message, options.Limits.MaxConnectionMemory);
        _serviceName = options.ServiceName ?? string.Empty;
        _clock = options.TimeProvider;

        var connections = options.Connections;
        var mode = connections.Mode ?? ThriftConnectionMode.Multiplexed;
        _connections = new(endpoint, mode == ThriftConnectionMode.Pooled ? Math.Max(1, connections.MaxPerEndpoint) : 0, connections.IdleTimeout, options);
        _shared = mode is ThriftConnectionMode.Multiplexed or ThriftConnectionMode.Pipelined ? new(connections.MaxPerEndpoint, static connection => connection.IsLeft) : null;
        _sweep = new ConnectionSweep(_clock);
    }

    internal override async ValueTask<ClientTransportStream<TRequest, TResponse>> OpenAsync<TRequest, TResponse>(
        ThriftMethod<TRequest, TResponse> method,
        ClientCallStart start,
        CancellationToken cancellationToken)
    {
        var templates = TemplatesOf(method);
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var (connection, isNew) = await TakeAsync(start.Options.ConnectTimeout ?? _connectTimeout, cancellationToken).ConfigureAwait(false);
            try
            {
                return new TTHeaderClientStream<TRequest, TResponse>(connection.Open(method, templates, start), start.Over);
            }
            catch (ThriftTransportException error) when (isNew)
            {
                throw new ThriftConnectException(_endpoint, error);
            }
            catch (ThriftTransportException)
            {
                // An existing connection was just closed. Nothing was sent on it, so another is used.
            }
        }
    }

    internal override ClientTransportStream<TRequest, TResponse>? TryOpen<TRequest, TResponse>(
        ThriftMethod<TRequest, TResponse> method,
        ClientCallStart start,
        ConnectionEvidence evidence)
    {
        var connection = _shared is null ? _connections.TryTake() : _shared.TryTake();
        if (connection is null || (_shared is not null && !connection.TryEnter()))
        {
            return null;
        }

        try
        {
            return new TTHeaderClientStream<TRequest, TResponse>(connection.Open(method, TemplatesOf(method), start), start.Over);
        }
        catch (ThriftTransportException)
        {
            // It was just closed, and nothing was sent on it.
            return null;
        }
    }

    internal override async ValueTask PrepareAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        var (connection, _) = await TakeAsync(limit, cancellationToken).ConfigureAwait(false);
        OnFree(connection);
    }

    public override async ValueTask DisposeAsync()
    {
        // The resets of calls that were just cancelled should still arrive. This does not wait for a peer that does not read.
        var written = Task.WhenAll(_connections.Snapshot().Select(static connection => connection.Writer.WhenIdleAsync()));
        await written.WaitAsync(ClosingLimit, _clock).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _connections.DisposeAsync().ConfigureAwait(false);
        _sweep.Dispose();
    }

    private FrameTemplates TemplatesOf(ThriftMethod method) => method.IsUnknown
        ? new(method.Name)
        : _templates.GetOrAdd(method.Name, static (name, _) => new(name), static (name, _) => new(name), 0);

    /// <summary>Returns a connection that the call has entered.</summary>
    private async ValueTask<(ClientFrameConnection Connection, bool IsNew)> TakeAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        if (_shared is null)
        {
            return _connections.TryTake() is { } idle ? (idle, false) : (await ConnectAsync(limit, cancellationToken).ConfigureAwait(false), true);
        }

        while (true)
        {
            var (connection, isNew) = await _shared.TakeAsync(ConnectAsync, limit, cancellationToken).ConfigureAwait(false);
            if (isNew || connection.TryEnter())
            {
                return (connection, isNew);
            }

            // The connection has just been retired because it was idle.
        }
    }

    private async ValueTask<ClientFrameConnection> ConnectAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        var connection = await _connections.ConnectAsync(_tls, Create, limit, cancellationToken).ConfigureAwait(false);
        _sweep.Add(connection);
        connection.Start();
        return connection;
    }

    private ClientFrameConnection Create(SocketConnection socket)
    {
        ClientFrameConnection? connection = null;
        connection = new ClientFrameConnection(
            socket,
            socket,
            _endpoint,
            _limits,
            _serviceName,
            _clock,
            reason =>
            {
                _connections.Remove(connection!);
                _sweep.Remove(connection!);
                socket.Abort(reason);
                return socket.DisposeAsync();
            },
            OnFree)
        {
            IsPlain = socket.IsPlain,
        };
        return connection;
    }

    private void OnFree(ClientFrameConnection connection)
    {
        if (_shared is not null)
        {
            _connections.Exit(connection);
        }
        else if (!_connections.TryKeep(connection))
        {
            _ = connection.CloseGracefullyAsync();
        }
    }
}
