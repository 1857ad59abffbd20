using System.Diagnostics.CodeAnalysis;
using System.Net.Security;
using System.Runtime.CompilerServices;
using Grpc.Core;
using Grpc.Net.Client;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Sockets;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.Transports.Grpc;

/// <summary>Thrift over gRPC to one endpoint: one <see cref="GrpcChannel"/>, which opens more connections when one has too many streams.</summary>
internal sealed class GrpcTransport : ClientTransport
{
    /// <summary>Kitex's client accepts any size; HttpClient's default of 64 KB is less than Kitex servers may send.</summary>
    private const int MaxHeadersKilobytes = 1024;

    private readonly string _endpoint;
    private readonly TimeProvider _clock;
    private readonly string? _authority;
    private readonly GrpcConnections _connections;
    private readonly GrpcChannel _channel;
    private readonly GrpcChannel _health;
    private readonly CallInvoker _invoker;
    private readonly GrpcMethods _methods = new();
    private readonly GrpcOneways _oneways;

    internal static ClientTransportDescriptor Descriptor { get; } = new(
        ThriftTransport.Grpc,
        "grpc",
        TransportCapabilities.Streams | TransportCapabilities.Calls | TransportCapabilities.UnaryStreams | TransportCapabilities.SharedConnections,
        static target => new GrpcTransport(target));

    internal GrpcTransport(ClientTransportTarget target)
    {
        var options = target.Options;
        _endpoint = target.Endpoint;
        _clock = options.TimeProvider;
        _oneways = new GrpcOneways(options.TimeProvider);

        // A callback that configures the handler may have configured TLS itself.
        var isHandlers = options.TlsOptions is null && options.Grpc.ConfigureHttpHandler is not null;
        _connections = new GrpcConnections(target, isHandlers ? null : ClientTls.For(target, SslApplicationProtocol.Http2));
        var address = new Uri($"{(target.UseTls ? "https" : "http")}://{target.Authority}");

        // HttpClient omits a scheme's default port from the authority; Kitex never does.
        _authority = options.DestinationService ?? (address.IsDefaultPort ? target.Authority : null);
        var sockets = CreateSocketsHandler(options);
        _health = GrpcChannel.ForAddress(address, new GrpcChannelOptions
        {
            HttpHandler = sockets,
            MaxReceiveMessageSize = GrpcHealth.MaxResponse,
            MaxRetryAttempts = 1,
            LoggerFactory = options.LoggerFactory,
        });
        _channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions
        {
            HttpHandler = new GrpcThriftHandler(sockets, options),
            DisposeHttpClient = true,

            // Both limits are enforced elsewhere: messages do not pass through here.
            MaxReceiveMessageSize = null,
            MaxSendMessageSize = null,
            MaxRetryAttempts = 1,
            LoggerFactory = options.LoggerFactory,
        });
        _invoker = _channel.CreateCallInvoker();
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    internal override async ValueTask<ClientTransportStream<TRequest, TResponse>> OpenAsync<TRequest, TResponse>(
        ThriftMethod<TRequest, TResponse> method,
        ClientCallStart start,
        CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var exchange = NewExchange(method, start);
        var connected = exchange.WatchConnection();
        var call = Start(method, exchange);
        try
        {
            using var registration = cancellationToken.UnsafeRegister(
                static (exchange, token) => ((GrpcExchange)exchange!).CancelConnect(token), exchange);
            await connected.ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            call.Dispose();
            throw;
        }
        catch (Exception error)
        {
            call.Dispose();
            throw GrpcErrors.CannotConnect(_endpoint, error, exchange.ConnectionHint);
        }

        return NewStream(method, exchange, call);
    }

    internal override ClientTransportStream<TRequest, TResponse>? TryOpen<TRequest, TResponse>(
        ThriftMethod<TRequest, TResponse> method,
        ClientCallStart start,
        ConnectionEvidence evidence)
    {
        if (evidence != ConnectionEvidence.Presumed || !_connections.State.IsReady)
        {
            return null;
        }

        var exchange = NewExchange(method, start);
        return NewStream(method, exchange, Start(method, exchange));
    }

    internal override async ValueTask PrepareAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        try
        {
            await _connections.PrepareAsync(limit, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            throw GrpcErrors.CannotConnect(_endpoint, error, hint: null);
        }
    }

    /// <summary>Whether the server serves, now and whenever that changes, on the connection of the calls.</summary>
    internal IAsyncEnumerable<bool> WatchHealthAsync(string service, CancellationToken cancellationToken) => GrpcHealth.WatchAsync(_health, service, cancellationToken);

    public override async ValueTask DisposeAsync()
    {
        await _connections.DisposePreparedAsync().ConfigureAwait(false);

        // Closing the connection of a oneway call that is in flight would lose the call.
        await _oneways.WaitAsync().ConfigureAwait(false);
        _health.Dispose();
        _channel.Dispose();
        await _connections.State.CloseAsync(ClosingLimit, _clock).ConfigureAwait(false);
    }

    private GrpcExchange NewExchange(ThriftMethod method, ClientCallStart start)
        => new(method, start, start.Options.Authority ?? _authority, _connections.State);

    private GrpcClientStream<TRequest, TResponse> NewStream<TRequest, TResponse>(ThriftMethod<TRequest, TResponse> method, GrpcExchange exchange, GrpcCall call)
        where TRequest : class, IThriftStruct<TRequest>
        where TResponse : class, IThriftStruct<TResponse>
        => new(call, exchange, _endpoint, method.IsOneway ? _oneways : null);

    private GrpcCall Start(ThriftMethod method, GrpcExchange exchange)
    {
        // The handler finds the exchange through the execution context of this call.
        var outer = GrpcExchange.Current;
        GrpcExchange.Current = exchange;
        try
        {
            var known = _methods.Get(method, out var isPlaceholder);
            exchange.Path = isPlaceholder ? "/" + method.FullName : null;
            var call = new GrpcCall(_invoker, known);
            if (!exchange.IsHandled)
            {
                // The first call of a channel gets there later; a call on a channel that is being disposed may never get there.
                _ = FailUnlessHandledAsync(call, exchange);
            }

            return call;
        }
        finally
        {
            GrpcExchange.Current = outer;
        }
    }

    private static async Task FailUnlessHandledAsync(GrpcCall call, GrpcExchange exchange)
    {
        try
        {
            await call.AnsweredAsync().ConfigureAwait(false);
        }
        catch (Exception error)
        {
            if (!exchange.IsHandled)
            {
                exchange.SetFailed(error);
            }
        }
    }

    [SuppressMessage("Usage", "CA2262", Justification = "Kilobytes are meant.")]
    private SocketsHttpHandler CreateSocketsHandler(ThriftChannelOptions options)
    {
        var handler = new SocketsHttpHandler
        {
            EnableMultipleHttp2Connections = true,
            InitialHttp2StreamWindowSize = 1024 * 1024,
            MaxResponseHeadersLength = MaxHeadersKilobytes,
            UseProxy = false,
            AllowAutoRedirect = false,
            UseCookies = false,
            ActivityHeadersPropagator = null,

            // Connections of an idle channel are kept as long as in Kitex's client.
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(10),

            KeepAlivePingDelay = options.Grpc.KeepAlivePingDelay,
            KeepAlivePingTimeout = options.Grpc.KeepAlivePingTimeout,
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,

            // A custom callback also prevents Grpc.Net.Client from connecting sockets itself, ahead of calls.
            ConnectCallback = _connections.ConnectAsync,

            // biz-extra and header values may be UTF-8.
            RequestHeaderEncodingSelector = static (_, _) => System.Text.Encoding.UTF8,
            ResponseHeaderEncodingSelector = static (_, _) => System.Text.Encoding.UTF8,
        };
        options.Grpc.ConfigureHttpHandler?.Invoke(handler);
        return handler;
    }
}
