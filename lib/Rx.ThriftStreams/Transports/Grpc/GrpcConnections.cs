using System.Net.Security;
using Rx.ThriftStreams.Options;
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

    private TimeProvider Clock => target.Options.TimeProvider;

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
            return exchange is { Waits: false }
                ? await ConnectInTimeAsync(limit, cancellationToken).ConfigureAwait(false)
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

    /// <summary>Connects for a call that did not wait for a connection, whose connect timeout therefore has to be enforced here.</summary>
    private async ValueTask<Stream> ConnectInTimeAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        var startedAt = Clock.GetTimestamp();
        using var timeout = new CancellationTokenSource(CallTimers.IsLimit(limit) ? CallTimers.DueTime(limit) : limit, Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            return await ConnectAsync(limit, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException error) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new ThriftTimeoutException(ThriftTimeoutKind.Connect, limit, Clock.GetElapsedTime(startedAt), target.Endpoint, error);
        }
    }

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
