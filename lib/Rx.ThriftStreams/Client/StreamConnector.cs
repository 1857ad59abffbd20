using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Polly;
using Polly.CircuitBreaker;
using Polly.Timeout;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Resilience;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.Client;

/// <summary>
/// Creates streams: the method's breaker around everything, then endpoint after endpoint, each within its own breaker and the
/// connect timeout. Nothing here sees a message.
/// </summary>
internal sealed class StreamConnector : IAsyncDisposable
{
    private readonly ThriftAddress _address;
    private readonly ThriftChannelOptions _options;
    private readonly TransportSelection? _selection;
    private readonly ConnectPipelines _pipelines;
    private readonly ConcurrentDictionary<(ClientTransportDescriptor Kind, string Endpoint), Lazy<ClientTransport>> _transports = new();
    private readonly ClientTransport? _only;
    private int _disposed;
    private uint _next = unchecked((uint)Random.Shared.Next());

    /// <param name="address">The endpoints.</param>
    /// <param name="options">The channel's settings.</param>
    /// <param name="only">The transport of all calls, whatever the endpoints; <see langword="null"/> for one per endpoint.</param>
    internal StreamConnector(ThriftAddress address, ThriftChannelOptions options, ClientTransport? only = null)
    {
        _only = only;
        _address = address;
        _options = options;
        _selection = only is null ? new TransportSelection(address, options) : null;
        _pipelines = new ConnectPipelines(options);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    internal async ValueTask<ClientTransportStream<TRequest, TResponse>> ConnectAsync<TRequest, TResponse>(
        ThriftMethod<TRequest, TResponse> method,
        ClientCallStart start,
        CancellationToken cancellationToken)
        where TRequest : class, IThriftStruct<TRequest>
        where TResponse : class, IThriftStruct<TResponse>
    {
        var context = ResilienceContextPool.Shared.Get(cancellationToken);
        try
        {
            var outcome = await _pipelines.ForMethod(method).ExecuteOutcomeAsync(
                static (context, state) => state.connector.TryEndpointsAsync(context, state.request),
                context,
                (connector: this, request: new ConnectRequest<TRequest, TResponse>(method, start))).ConfigureAwait(false);
            if (outcome.Exception is BrokenCircuitException open)
            {
                throw new ThriftCircuitOpenException(ThriftCircuitScope.Service, method.FullName, open.RetryAfter, open);
            }

            outcome.ThrowIfException();
            return (ClientTransportStream<TRequest, TResponse>)outcome.Result!;
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Interlocked.Exchange(ref _disposed, 1);
        if (_only is not null)
        {
            await _only.DisposeAsync().ConfigureAwait(false);
        }

        foreach (var transport in _transports.Values)
        {
            // A transport that could not be created throws again when it is read; one that is being created is disposed by its creator.
            if (!transport.IsValueCreated)
            {
                continue;
            }

            await transport.Value.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Never throws: failures are returned as an outcome, as Polly requires.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Outcome<object>> TryEndpointsAsync(ResilienceContext context, ConnectRequest request)
    {
        try
        {
            var chosen = request.Start.Options.Endpoint;
            if (chosen is not null)
            {
                ThriftAddress.CheckEndpoint(chosen, nameof(ThriftCallOptions.Endpoint));
            }

            var endpoints = _address.Endpoints;
            var attempts = chosen is null ? Math.Clamp(_options.Resilience.MaxConnectAttempts, 1, endpoints.Count) : 1;
            var first = Interlocked.Increment(ref _next);
            for (var attempt = 1; ; attempt++)
            {
                var endpoint = chosen ?? endpoints[(int)((first + (uint)attempt) % (uint)endpoints.Count)];
                var startedAt = _options.TimeProvider.GetTimestamp();
                var outcome = await _pipelines.ForEndpoint(endpoint).ExecuteOutcomeAsync(
                    static (context, state) => state.connector.Open(context, state.transport, state.request, state.evidence),
                    context,
                    (connector: this, transport: TransportFor(request.Method, endpoint), request, evidence: attempt == attempts ? ConnectionEvidence.Presumed : ConnectionEvidence.Established)).ConfigureAwait(false);
                if (outcome.Exception is not { } cause)
                {
                    return outcome;
                }

                // The next endpoint may succeed; the last one's failure is reported.
                var error = Explain(cause, endpoint, request, startedAt);
                if (attempt == attempts || !ConnectPipelines.IsConnectFailure(error))
                {
                    return ReferenceEquals(error, cause) ? outcome : Outcome.FromException<object>(error);
                }
            }
        }
        catch (Exception error)
        {
            return Outcome.FromException<object>(error);
        }
    }

    private ValueTask<Outcome<object>> Open(ResilienceContext context, ClientTransport transport, ConnectRequest request, ConnectionEvidence evidence)
    {
        try
        {
            context.CancellationToken.ThrowIfCancellationRequested();
            if (request.TryOpen(transport, evidence) is { } stream)
            {
                return Outcome.FromResultAsValueTask(stream);
            }
        }
        catch (Exception error)
        {
            return Outcome.FromExceptionAsValueTask<object>(error);
        }

        context.Properties.Set(ConnectPipelines.ConnectTimeout, TimeoutOf(request));
        return _pipelines.Timeout.ExecuteOutcomeAsync(
            static (context, state) => state.request.OpenAsync(state.transport, context.CancellationToken), context, (transport, request));
    }

    private Exception Explain(Exception error, string endpoint, ConnectRequest request, long startedAt) => error switch
    {
        BrokenCircuitException open => new ThriftCircuitOpenException(ThriftCircuitScope.Endpoint, endpoint, open.RetryAfter, open),
        TimeoutRejectedException => new ThriftTimeoutException(
            ThriftTimeoutKind.Connect, TimeoutOf(request), _options.TimeProvider.GetElapsedTime(startedAt), $"{request.Method.FullName} to {endpoint}", error),
        _ => error,
    };

    private TimeSpan TimeoutOf(ConnectRequest request) => request.Start.Options.ConnectTimeout ?? _options.Resilience.ConnectTimeout;

    /// <summary>The name of the transport that a method's calls use.</summary>
    internal string TransportName(ThriftMethod method) => _selection is null ? _address.ToString() : _selection.For(method).Name;

    private ClientTransport TransportFor(ThriftMethod method, string endpoint)
    {
        if (_selection is null)
        {
            return _only!;
        }

        var transport = _transports.GetOrAdd(
            (_selection.For(method), endpoint),
            static (key, self) => new Lazy<ClientTransport>(() => key.Kind.Create(new(key.Endpoint, self._address.UseTls, self._options))),
            this).Value;
        if (Volatile.Read(ref _disposed) != 0)
        {
            // Created concurrently with the disposal, which may not have seen it.
            _ = transport.DisposeAsync().AsTask();
            throw new ObjectDisposedException(nameof(ThriftChannel));
        }

        return transport;
    }
}
