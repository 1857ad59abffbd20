using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Sockets;

namespace Rx.ThriftStreams.Transports.Grpc;

/// <summary>Connects the sockets of a channel to one endpoint.</summary>
/// <remarks>Thread-safe. Connections that a user's callback opens are not counted.</remarks>
/// <param name="options">The channel's settings.</param>
/// <param name="tls">TLS settings to connect with; <see langword="null"/> if there is no TLS, or it is left to <see cref="HttpClient"/> and its own settings.</param>
internal sealed class GrpcConnections(ThriftChannelOptions options, SslClientAuthenticationOptions? tls = null)
{
    /// <summary>What is known about the connections.</summary>
    internal GrpcConnectionState State { get; } = new();

    internal async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        State.BeginConnect();
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
            State.EndConnect();
        }
    }

    /// <summary>Connects for a call that did not wait for a connection, whose connect timeout therefore has to be enforced here.</summary>
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

    /// <summary>Connects, and performs the TLS handshake: HttpClient uses an <see cref="SslStream"/> that is passed to it unchanged.</summary>
    private async ValueTask<Stream> ConnectAsync(Socket socket, DnsEndPoint endpoint, CancellationToken cancellationToken)
    {
        await socket.ConnectAsync(endpoint, cancellationToken).ConfigureAwait(false);
        var connection = new GrpcSocketStream(State, socket, isPlain: tls is null);
        if (tls is null)
        {
            return State.TryOpen(connection) ? connection : throw Disposed();
        }

        var secure = new GrpcTlsStream(connection, hint => State.Hint = hint);
        try
        {
            await ClientHandshake.AuthenticateAsync(secure, tls, cancellationToken).ConfigureAwait(false);
            return State.TryOpen(connection) ? secure : throw Disposed();
        }
        catch
        {
            await secure.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static ThriftTransportException Disposed() => new(ThriftStatusCode.Unavailable, "The channel was disposed while it connected.");
}
