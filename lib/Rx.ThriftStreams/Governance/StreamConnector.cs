using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Polly;
using Polly.CircuitBreaker;
using Polly.Timeout;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Transports;

namespace Rx.ThriftStreams.Governance;

/// <summary>
/// Creates streams: the method's breaker around everything, then endpoint after endpoint, each behind its own breaker and the
/// connect timeout. Nothing here sees a message.
/// </summary>
internal sealed class StreamConnector : IAsyncDisposable
{
    private readonly ThriftAddress _address;
    private readonly ThriftChannelOptions _options;
    private readonly ConnectPipelines _pipelines;
    private readonly ConcurrentDictionary<(ThriftTransport Kind, string Endpoint), Lazy<ClientTransport>> _transports = new();
    private readonly ClientTransport? _only;
    private uint _next = unchecked((uint)Random.Shared.Next());

    /// <param name="address">The endpoints.</param>
    /// <param name="options">The channel's settings.</param>
    /// <param name="only">The transport of all calls, whatever the endpoints; <see langword="null"/> for one an endpoint.</param>
    internal StreamConnector(ThriftAddress address, ThriftChannelOptions options, ClientTransport? only = null)
    {
        _only = only;
        _address = address;
        _options = options;
        _pipelines = new ConnectPipelines(options);
    }

    internal async ValueTask<ClientTransportStream<TRequest, TResponse>> ConnectAsync<TRequest, TResponse>(
        ThriftMethod<TRequest, TResponse> method,
        ClientCallStart start,
        CancellationToken cancellationToken)
        where TRequest : class, IThriftStruct<TRequest>
        where TResponse : class, IThriftStruct<TResponse>
    {
        try
        {
            var stream = await _pipelines.ForMethod(method).ExecuteAsync(
                static (state, token) => state.connector.TryEndpointsAsync(state.request, token),
                (connector: this, request: new ConnectRequest<TRequest, TResponse>(method, start)),
                cancellationToken).ConfigureAwait(false);
            return (ClientTransportStream<TRequest, TResponse>)stream;
        }
        catch (BrokenCircuitException open)
        {
            throw new ThriftCircuitOpenException(ThriftCircuitScope.Service, method.FullName, open.RetryAfter, open);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_only is not null)
        {
            await _only.DisposeAsync().ConfigureAwait(false);
        }

        foreach (var transport in _transports.Values)
        {
            if (transport.IsValueCreated)
            {
                await transport.Value.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<object> TryEndpointsAsync(ConnectRequest request, CancellationToken cancellationToken)
    {
        if (request.Start.Options.Endpoint is { } chosen)
        {
            ThriftAddress.CheckEndpoint(chosen, nameof(ThriftCallOptions.Endpoint));
            return await TryEndpointAsync(chosen, request, cancellationToken).ConfigureAwait(false);
        }

        var endpoints = _address.Endpoints;
        var attempts = Math.Clamp(_options.MaxConnectAttempts, 1, endpoints.Count);
        var first = Interlocked.Increment(ref _next);
        for (var attempt = 0; ; attempt++)
        {
            var endpoint = endpoints[(int)((first + (uint)attempt) % (uint)endpoints.Count)];
            try
            {
                return await TryEndpointAsync(endpoint, request, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception error) when (attempt + 1 < attempts && ConnectPipelines.IsConnectFailure(error))
            {
                // The next endpoint may do better; the last one's failure is the one reported.
            }
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<object> TryEndpointAsync(string endpoint, ConnectRequest request, CancellationToken cancellationToken)
    {
        var timeout = request.Start.Options.ConnectTimeout ?? _options.ConnectTimeout;
        var startedAt = _options.TimeProvider.GetTimestamp();
        var context = ResilienceContextPool.Shared.Get(cancellationToken);
        context.Properties.Set(ConnectPipelines.ConnectTimeout, timeout);
        try
        {
            return await _pipelines.ForEndpoint(endpoint).ExecuteAsync(
                static (context, state) => state.request.OpenAsync(state.transport, context.CancellationToken),
                context,
                (transport: TransportFor(request.Method, endpoint), request)).ConfigureAwait(false);
        }
        catch (BrokenCircuitException open)
        {
            throw new ThriftCircuitOpenException(ThriftCircuitScope.Endpoint, endpoint, open.RetryAfter, open);
        }
        catch (TimeoutRejectedException expired)
        {
            throw new ThriftTimeoutException(
                ThriftTimeoutKind.Connect,
                timeout,
                _options.TimeProvider.GetElapsedTime(startedAt),
                $"{request.Method.FullName} to {endpoint}",
                expired);
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    /// <summary>The name of the transport that a method's calls take.</summary>
    internal string TransportName(ThriftMethod method) => _only is null ? ThriftTransportNames.Of(KindFor(method)) : _address.ToString();

    private ClientTransport TransportFor(ThriftMethod method, string endpoint) => _only ?? _transports.GetOrAdd(
        (KindFor(method), endpoint),
        static (key, self) => new Lazy<ClientTransport>(() => ClientTransports.Create(key.Kind, key.Endpoint, self._address.UseTls, self._options)),
        this).Value;

    /// <summary>Unary methods are streams over HTTP/2 and ping-pong calls elsewhere, as in Kitex.</summary>
    private ThriftTransport KindFor(ThriftMethod method)
    {
        var streams = _options.StreamTransport ?? _address.StreamTransport;
        return method.IsStreaming || (method.Mode == StreamingMode.Unary && streams == ThriftTransport.Grpc)
            ? streams
            : _options.PingPongTransport ?? _address.PingPongTransport;
    }
}
