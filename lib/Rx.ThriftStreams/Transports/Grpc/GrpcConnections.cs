using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Sockets;

namespace Rx.ThriftStreams.Transports.Grpc;

/// <summary>Connects the sockets of a channel to one endpoint, and knows whether a connection is there that takes requests.</summary>
/// <remarks>Thread-safe. Connections that a callback of the user's makes are not seen: there is none then, as far as this knows.</remarks>
/// <param name="options">The channel's settings.</param>
/// <param name="tls">TLS settings to connect with; <see langword="null"/> if there is no TLS, or it is left to <see cref="HttpClient"/> and its own settings.</param>
internal sealed class GrpcConnections(ThriftChannelOptions options, SslClientAuthenticationOptions? tls = null)
{
    private int _open;
    private int _connecting;
    private volatile bool _hasTaken;

    /// <summary>
    /// Whether a request that is sent now need not wait for a connection: one is open, it has taken a request, and <see cref="HttpClient"/> has not asked for
    /// another since, which it does when the streams of the first are used up or the server wants it closed.
    /// </summary>
    internal bool IsReady => _hasTaken && Volatile.Read(ref _connecting) == 0 && Volatile.Read(ref _open) > 0;

    /// <summary>A connection has taken the headers of a request.</summary>
    internal void SetTaken()
    {
        if (!_hasTaken)
        {
            _hasTaken = true;
        }
    }

    internal async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        _hasTaken = false;
        Interlocked.Increment(ref _connecting);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            TcpKeepAlive.Enable(socket);
            return context.InitialRequestMessage.Content is GrpcRequestContent { Exchange: { Waits: false } exchange }
                ? await ConnectInTimeAsync(socket, context.DnsEndPoint, exchange.Start, cancellationToken).ConfigureAwait(false)
                : await ConnectAsync(socket, context.DnsEndPoint, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
        finally
        {
            Interlocked.Decrement(ref _connecting);
        }
    }

    /// <summary>Connects for a call that did not wait for a connection, and so does not see to its connect timeout either.</summary>
    private async ValueTask<Stream> ConnectInTimeAsync(Socket socket, DnsEndPoint endpoint, ClientCallStart start, CancellationToken cancellationToken)
    {
        var limit = start.Options.ConnectTimeout ?? options.Resilience.ConnectTimeout;
        var startedAt = options.TimeProvider.GetTimestamp();
        using var timeout = new CancellationTokenSource(CallTimers.IsLimit(limit) ? CallTimers.DueTime(limit) : limit, options.TimeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            return await ConnectAsync(socket, endpoint, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException error) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"{endpoint.Host}:{endpoint.Port}");
            throw new ThriftTimeoutException(ThriftTimeoutKind.Connect, limit, options.TimeProvider.GetElapsedTime(startedAt), name, error);
        }
    }

    /// <summary>Connects, and agrees on TLS: what is given an <see cref="SslStream"/>, HttpClient takes as it is.</summary>
    private async ValueTask<Stream> ConnectAsync(Socket socket, DnsEndPoint endpoint, CancellationToken cancellationToken)
    {
        await socket.ConnectAsync(endpoint, cancellationToken).ConfigureAwait(false);
        var connection = new Connection(this, socket);
        if (tls is null)
        {
            connection.Count();
            return connection;
        }

        var secure = new SslStream(connection, leaveInnerStreamOpen: false);
        try
        {
            await secure.AuthenticateAsClientAsync(tls, cancellationToken).ConfigureAwait(false);
            connection.Count();
            return secure;
        }
        catch
        {
            await secure.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private void OnClosed()
    {
        _hasTaken = false;
        Interlocked.Decrement(ref _open);
    }

    private sealed class Connection(GrpcConnections connections, Socket socket) : NetworkStream(socket, ownsSocket: true)
    {
        private bool _counts;

        /// <summary>Counts it as open, until it is disposed.</summary>
        internal void Count()
        {
            _counts = true;
            Interlocked.Increment(ref connections._open);
        }

        protected override void Dispose(bool disposing)
        {
            if (Interlocked.Exchange(ref _counts, false))
            {
                connections.OnClosed();
            }

            base.Dispose(disposing);
        }
    }
}
