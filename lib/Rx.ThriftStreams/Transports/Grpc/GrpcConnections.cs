using System.Net.Security;
using Rx.ThriftStreams.Sockets;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.Transports.Grpc;

/// <summary>Connects the sockets of a channel to one endpoint.</summary>
/// <remarks>Thread-safe. Connections that a user's callback opens are not counted.</remarks>
/// <param name="target">The endpoint.</param>
/// <param name="tls">TLS settings to connect with; <see langword="null"/> if there is no TLS, or it is left to <see cref="HttpClient"/> and its own settings.</param>
internal sealed class GrpcConnections(ClientTransportTarget target, SslClientAuthenticationOptions? tls = null)
{
    private readonly TcpConnector _connector = new(target.Endpoint, target.Options);

    private PreparedConnection? _prepared;

    /// <summary>What is known about the connections.</summary>
    internal GrpcConnectionState State { get; } = new();

    internal async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        State.BeginConnect();
        try
        {
            var exchange = (context.InitialRequestMessage.Content as GrpcRequestContent)?.Exchange;
            if (Interlocked.Exchange(ref _prepared, null) is { } prepared)
            {
                if (!HangUp.IsOn(prepared.Socket))
                {
                    return prepared.Stream;
                }

                await prepared.Stream.DisposeAsync().ConfigureAwait(false);
            }

            var limit = exchange?.Start.Options.ConnectTimeout ?? target.Options.Resilience.ConnectTimeout;

            // No pipeline limits connecting for a call that did not wait for a connection.
            return exchange is { Waits: false }
                ? await ConnectLimit.RunAsync(token => ConnectAsync(limit, token), limit, target.Options.TimeProvider, target.Endpoint, cancellationToken).ConfigureAwait(false)
                : await ConnectAsync(limit, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            State.EndConnect();
        }
    }

    /// <summary>Opens a connection for the next request that needs one, unless there is one: <see cref="HttpClient"/> itself connects only for requests.</summary>
    internal async ValueTask PrepareAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        if (State.IsReady || Volatile.Read(ref _prepared) is not null)
        {
            return;
        }

        var prepared = await OpenAsync(limit, cancellationToken).ConfigureAwait(false);
        if (Interlocked.CompareExchange(ref _prepared, prepared, null) is not null)
        {
            await prepared.Stream.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Closes the connection that no request has used.</summary>
    internal ValueTask DisposePreparedAsync() => Interlocked.Exchange(ref _prepared, null)?.Stream.DisposeAsync() ?? default;

    /// <summary>Connects, and performs the TLS handshake: HttpClient uses an <see cref="SslStream"/> that is passed to it unchanged.</summary>
    private async ValueTask<Stream> ConnectAsync(TimeSpan limit, CancellationToken cancellationToken)
        => (await OpenAsync(limit, cancellationToken).ConfigureAwait(false)).Stream;

    private async ValueTask<PreparedConnection> OpenAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        var socket = await _connector.ConnectAsync(limit, cancellationToken).ConfigureAwait(false);
        var connection = new GrpcSocketStream(State, socket, isPlain: tls is null);
        Stream stream = connection;
        try
        {
            if (tls is not null)
            {
                var secure = new GrpcTlsStream(connection, hint => State.Hint = hint);
                stream = secure;
                await ClientHandshake.AuthenticateAsync(secure, tls, cancellationToken).ConfigureAwait(false);
            }

            return State.TryOpen(connection) ? new(socket, stream) : throw Disposed();
        }
        catch
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static ThriftTransportException Disposed() => new(ThriftStatusCode.Unavailable, "The channel was disposed while it connected.");

    /// <summary>A connection, with TLS if it has any, and its socket.</summary>
    private sealed record PreparedConnection(System.Net.Sockets.Socket Socket, Stream Stream);
}
