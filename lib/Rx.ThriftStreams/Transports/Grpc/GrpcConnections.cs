using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Sockets;

namespace Rx.ThriftStreams.Transports.Grpc;

/// <summary>Connects the sockets of a channel to one endpoint, and knows whether a connection is there that takes requests.</summary>
/// <remarks>Thread-safe. Connections that a callback of the user's makes are not seen: this does not count them.</remarks>
/// <param name="options">The channel's settings.</param>
/// <param name="tls">TLS settings to connect with; <see langword="null"/> if there is no TLS, or it is left to <see cref="HttpClient"/> and its own settings.</param>
internal sealed class GrpcConnections(ThriftChannelOptions options, SslClientAuthenticationOptions? tls = null)
{
    private int _open;
    private int _connecting;
    private volatile bool _hasTaken;
    private volatile string? _hint;

    /// <summary>
    /// Whether a request that is sent now need not wait for a connection: one is open, it has taken a request, and <see cref="HttpClient"/> has not asked for
    /// another since, which it does when the streams of the first are used up or the server wants it closed.
    /// </summary>
    internal bool IsReady => _hasTaken && Volatile.Read(ref _connecting) == 0 && Volatile.Read(ref _open) > 0;

    /// <summary>Why the last connection ended without an answer, and the likely fix; <see langword="null"/> if it was answered.</summary>
    internal string? Hint => _hint;

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
        var connection = new Connection(this, socket, isPlain: tls is null);
        if (tls is null)
        {
            connection.Count();
            return connection;
        }

        var secure = new SecureConnection(this, connection);
        try
        {
            await ClientHandshake.AuthenticateAsync(secure, tls, cancellationToken).ConfigureAwait(false);
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

    private static bool IsPeersEnd(Exception error) => error is IOException { InnerException: SocketException { SocketErrorCode: SocketError.ConnectionReset } };

    private sealed class Connection(GrpcConnections connections, Socket socket, bool isPlain) : NetworkStream(socket, ownsSocket: true)
    {
        private const byte TlsAlert = 0x15;
        private const byte TlsHandshake = 0x16;
        private const byte TlsMajorVersion = 3;

        private bool _counts;

        // Under TLS, what comes first is the handshake's.
        private bool _isAnswered = !isPlain;

        /// <summary>Counts it as open, until it is disposed.</summary>
        internal void Count()
        {
            _counts = true;
            Interlocked.Increment(ref connections._open);
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
            => _isAnswered || buffer.IsEmpty ? base.ReadAsync(buffer, cancellationToken) : ReadFirstAsync(buffer, cancellationToken);

        protected override void Dispose(bool disposing)
        {
            if (Interlocked.Exchange(ref _counts, false))
            {
                connections.OnClosed();
            }

            base.Dispose(disposing);
        }

        private async ValueTask<int> ReadFirstAsync(Memory<byte> buffer, CancellationToken cancellationToken)
        {
            int read;
            try
            {
                read = await base.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception error) when (IsPeersEnd(error))
            {
                connections._hint = Unanswered;
                throw;
            }

            _isAnswered = read > 0;
            connections._hint = read == 0 ? Unanswered
                : read > 1 && buffer.Span[0] is TlsAlert or TlsHandshake && buffer.Span[1] == TlsMajorVersion ? "the server answered with TLS: use an address with grpcs://."
                : null;
            return read;
        }

        private const string Unanswered = "the server closed it without an answer: if its port expects TLS, use an address with grpcs://.";
    }

    /// <summary>What <see cref="HttpClient"/> takes for a connection that has TLS already.</summary>
    private sealed class SecureConnection(GrpcConnections connections, Connection inner) : SslStream(inner, leaveInnerStreamOpen: false)
    {
        private bool _isAnswered;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
            => _isAnswered || buffer.IsEmpty ? base.ReadAsync(buffer, cancellationToken) : ReadFirstAsync(buffer, cancellationToken);

        private async ValueTask<int> ReadFirstAsync(Memory<byte> buffer, CancellationToken cancellationToken)
        {
            int read;
            try
            {
                read = await base.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            }
            catch (IOException error) when (IsPeersEnd(error) || error.InnerException is not SocketException)
            {
                connections._hint = Unanswered;
                throw;
            }

            _isAnswered = read > 0;
            connections._hint = _isAnswered ? null : Unanswered;
            return read;
        }

        private const string Unanswered = "the server closed it after the TLS handshake without an answer: " + ClientHandshake.ClientCertificateFix + ".";
    }
}
