using System.Collections.Concurrent;
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
    private static readonly TimeSpan LimitWhenClosing = TimeSpan.FromSeconds(1);

    private readonly string _endpoint;
    private readonly SslClientAuthenticationOptions? _tls;
    private readonly StreamLimits _limits;
    private readonly string _serviceName;
    private readonly ThriftConnectionMode _mode;
    private readonly TimeSpan _idleTimeout;
    private readonly TimeProvider _clock;
    private readonly SharedConnections<ClientFrameConnection> _shared;
    private readonly int _mostIdle;
    private readonly ConcurrentStack<ClientFrameConnection> _idle = new();
    private readonly ConcurrentDictionary<ClientFrameConnection, bool> _all = new();
    private readonly ConcurrentDictionary<string, FrameTemplates> _templates = new(StringComparer.Ordinal);
    private readonly ConnectionSweep _sweep;
    private volatile bool _disposed;

    internal static ClientTransportDescriptor Descriptor { get; } = new(
        ThriftTransport.TTHeaderStreaming,
        "ttheader-streaming",
        TransportCapabilities.Streams | TransportCapabilities.SharedConnections,
        static target => new TTHeaderStreamingTransport(target.Endpoint, target.UseTls, target.Options));

    internal TTHeaderStreamingTransport(string endpoint, bool useTls, ThriftChannelOptions options)
    {
        _endpoint = endpoint;
        _tls = ClientTls.For(endpoint, useTls, options);
        _limits = new StreamLimits(options.TTHeader.StreamBuffers, options.Limits.Message, options.Limits.MaxConnectionMemory);
        _serviceName = options.ServiceName ?? string.Empty;
        _mode = options.Connections.Mode ?? ThriftConnectionMode.Multiplexed;
        _shared = new(options.Connections.MaxPerEndpoint, static connection => connection.IsLeft);
        _mostIdle = Math.Max(1, options.Connections.MaxPerEndpoint);

        _clock = options.TimeProvider;
        _idleTimeout = options.Connections.IdleTimeout;
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
            var (connection, isNew) = _mode == ThriftConnectionMode.Multiplexed
                ? await _shared.TakeAsync(ConnectAsync, cancellationToken).ConfigureAwait(false)
                : await TakeAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                return new TTHeaderClientStream<TRequest, TResponse>(connection.Open(method, templates, start));
            }
            catch (ThriftTransportException error) when (isNew)
            {
                throw new ThriftConnectException(_endpoint, error);
            }
            catch (ThriftTransportException)
            {
                // An older connection was closed just now. Nothing was sent on it: another will do.
            }
        }
    }

    internal override ClientTransportStream<TRequest, TResponse>? TryOpen<TRequest, TResponse>(
        ThriftMethod<TRequest, TResponse> method,
        ClientCallStart start,
        bool isLast)
    {
        if (_mode != ThriftConnectionMode.Multiplexed || _shared.TryTake() is not { } connection)
        {
            return null;
        }

        try
        {
            return new TTHeaderClientStream<TRequest, TResponse>(connection.Open(method, TemplatesOf(method), start));
        }
        catch (ThriftTransportException)
        {
            // It was closed just now, and nothing was sent on it.
            return null;
        }
    }

    public override async ValueTask DisposeAsync()
    {
        _disposed = true;
        // The resets of calls that were given up just now should still arrive. A peer that does not read is not waited for.
        var written = Task.WhenAll(_all.Keys.Select(static connection => connection.Writer.WhenIdleAsync()));
        await written.WaitAsync(LimitWhenClosing, _clock).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var connection in _all.Keys)
        {
            connection.Close(Closing());
        }

        _sweep.Dispose();
    }

    private FrameTemplates TemplatesOf(ThriftMethod method) => _templates.GetOrAdd(method.Name, static name => new FrameTemplates(name));

    private static ThriftException Closing() => StreamErrors.Create(TTStreamCodes.TransportClosing, "the channel was disposed", isServerSide: false);

    private async ValueTask<(ClientFrameConnection Connection, bool IsNew)> TakeAsync(CancellationToken cancellationToken)
    {
        while (_mode == ThriftConnectionMode.Pooled && _idle.TryPop(out var idle))
        {
            if (!idle.IsLeft)
            {
                return (idle, false);
            }
        }

        return (await ConnectAsync(cancellationToken).ConfigureAwait(false), true);
    }

    private async ValueTask<ClientFrameConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        var socket = await SocketConnection.ConnectAsync(_endpoint, _tls, cancellationToken).ConfigureAwait(false);
        ClientFrameConnection? connection = null;
        connection = new ClientFrameConnection(
            socket,
            socket,
            _endpoint,
            _limits,
            _serviceName,
            _clock,
            _idleTimeout,
            reason =>
            {
                Forget(connection!);
                socket.Abort(reason);
                return socket.DisposeAsync();
            },
            OnFree);
        _all[connection] = true;
        _sweep.Add(connection);
        connection.Start();
        if (_disposed)
        {
            connection.Close(Closing());
        }

        return connection;
    }

    private void OnFree(ClientFrameConnection connection)
    {
        if (_mode == ThriftConnectionMode.PerCall || (_mode == ThriftConnectionMode.Pooled && (connection.IsLeft || _idle.Count >= _mostIdle)))
        {
            _ = connection.CloseGracefullyAsync();
        }
        else if (_mode == ThriftConnectionMode.Pooled)
        {
            _idle.Push(connection);
        }
    }

    private void Forget(ClientFrameConnection connection)
    {
        _all.TryRemove(connection, out _);
        _sweep.Remove(connection);

        // The pool must not fill up with connections that are gone.
        var kept = new ClientFrameConnection[_idle.Count];
        var count = kept.Length == 0 ? 0 : _idle.TryPopRange(kept);
        for (var i = count - 1; i >= 0; i--)
        {
            if (!kept[i].IsClosed)
            {
                _idle.Push(kept[i]);
            }
        }
    }
}
