using System.IO.Pipelines;
using System.Net.Security;
using System.Net.Sockets;

namespace Rx.ThriftStreams.Sockets;

/// <summary>One connection of a client: a duplex pipe over a socket, with TLS or without.</summary>
/// <remarks>
/// Reader and writer work directly on the stream without a pump in between. Nothing is read ahead. A connection on which nothing arrives holds no memory for reading, unless it is one of calls.
/// One reader and one writer at a time; the two may run concurrently. <see cref="Abort"/> is safe at any time, from any thread.
/// </remarks>
internal sealed class SocketConnection : IDuplexPipe, IDirectInput, IConnectionControl, IAsyncDisposable
{
    // Large segments mean few system calls; they return to the pool as soon as they are read.
    private const int SegmentSize = 64 * 1024;

    // For a reader that holds its buffer while it waits.
    private const int HeldSize = 16 * 1024;

    private readonly Socket _socket;
    private readonly Stream _stream;
    private Exception? _abortReason;
    private int _disposed;

    private SocketConnection(Socket socket, Stream stream, string peer, bool holdsBuffer)
    {
        _socket = socket;
        _stream = stream;
        Peer = peer;

        // Reading nothing first spares the memory while nothing arrives, and costs a system call when something does.
        var size = holdsBuffer ? HeldSize : SegmentSize;
        Input = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: size, minimumReadSize: size / 8, leaveOpen: true, useZeroByteReads: !holdsBuffer));
        Output = PipeWriter.Create(stream, new StreamPipeWriterOptions(minimumBufferSize: SegmentSize, leaveOpen: true));
    }

    /// <inheritdoc/>
    public PipeReader Input { get; }

    /// <inheritdoc/>
    public PipeWriter Output { get; }

    /// <inheritdoc/>
    public ValueTask<int> ReadAsync(Memory<byte> destination) => _stream.ReadAsync(destination);

    /// <summary>The endpoint that was connected to, as <c>host:port</c>.</summary>
    internal string Peer { get; }

    /// <summary>Whether it has no TLS.</summary>
    internal bool IsPlain => _stream is NetworkStream;

    /// <summary>Whether there is something to read, including the end. An idle connection of a protocol in which the peer only answers must then not be reused.</summary>
    internal bool HasInput
    {
        get
        {
            try
            {
                return _socket.Poll(0, SelectMode.SelectRead);
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                return true;
            }
        }
    }

    /// <inheritdoc/>
    public bool HasPeerHungUp => HangUp.IsOn(_socket);

    /// <summary>Why this side aborted the connection; <see langword="null"/> if it did not.</summary>
    internal Exception? AbortReason => Volatile.Read(ref _abortReason);

    /// <summary>Connects.</summary>
    /// <param name="connector">Opens the socket.</param>
    /// <param name="endpoint">Its endpoint, for error texts.</param>
    /// <param name="tls">TLS settings, with the host to authenticate; <see langword="null"/> for none.</param>
    /// <param name="holdsBuffer">Whether a read holds its buffer while it waits, instead of asking first whether there is something: for calls, whose answers are due soon.</param>
    /// <param name="limit">The time that the caller allows.</param>
    /// <param name="cancellationToken">Cancels the attempt.</param>
    /// <exception cref="ThriftConnectException">Connecting, or the TLS handshake, failed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    internal static async ValueTask<SocketConnection> ConnectAsync(
        TcpConnector connector,
        string endpoint,
        SslClientAuthenticationOptions? tls,
        bool holdsBuffer,
        TimeSpan limit,
        CancellationToken cancellationToken)
    {
        Stream? stream = null;
        try
        {
            var socket = await connector.ConnectAsync(limit, cancellationToken).ConfigureAwait(false);
            stream = new NetworkStream(socket, ownsSocket: true);
            if (tls is not null)
            {
                var secure = new TlsClientStream(stream);
                stream = secure;
                await ClientHandshake.AuthenticateAsync(secure, tls, cancellationToken).ConfigureAwait(false);
            }

            return new SocketConnection(socket, stream, endpoint, holdsBuffer);
        }
        catch (Exception error)
        {
            if (stream is not null)
            {
                await stream.DisposeAsync().ConfigureAwait(false);
            }

            if (error is OperationCanceledException && cancellationToken.IsCancellationRequested)
            {
                throw;
            }

            throw new ThriftConnectException(endpoint, error);
        }
    }

    /// <summary>Closes immediately: pending reads and writes end, and unsent data is lost. The first reason is kept.</summary>
    public void Abort(Exception reason)
    {
        if (Interlocked.CompareExchange(ref _abortReason, reason, null) is null)
        {
            _socket.Dispose();
        }
    }

    /// <summary>Closes gracefully: data that was flushed before is still sent.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            await _stream.DisposeAsync().ConfigureAwait(false);
            _socket.Dispose();
        }
    }
}
