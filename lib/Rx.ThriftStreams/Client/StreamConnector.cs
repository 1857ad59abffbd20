using System.Runtime.CompilerServices;
using Polly;
using Polly.Timeout;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Resilience;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.Client;

/// <summary>
/// Creates streams: the method's breaker around everything, then endpoint after endpoint as the picker chooses them, each within its own breaker and the
/// connect timeout. Nothing here sees a message.
/// </summary>
internal sealed class StreamConnector : IAsyncDisposable
{
    private readonly ThriftAddress _address;
    private readonly ThriftChannelOptions _options;
    private readonly TransportSelection? _selection;
    private readonly ThriftCircuitBreakers _breakers;
    private readonly ConnectRetries _retries;
    private readonly ConnectTimeout _timeout;
    private readonly EndpointDirectory _endpoints;
    private readonly ClientTransport? _only;

    /// <param name="address">The address.</param>
    /// <param name="options">The channel's settings.</param>
    /// <param name="breakers">The channel's breakers.</param>
    /// <param name="budgets">The retry budgets of the channel's methods.</param>
    /// <param name="only">The transport of all calls, whatever the endpoints; <see langword="null"/> for one per endpoint.</param>
    internal StreamConnector(ThriftAddress address, ThriftChannelOptions options, ThriftCircuitBreakers breakers, RetryBudgets budgets, ClientTransport? only = null)
    {
        _only = only;
        _address = address;
        _options = options;
        _selection = only is null ? new TransportSelection(address, options) : null;
        _breakers = breakers;
        _retries = new ConnectRetries(options, budgets);
        _timeout = new ConnectTimeout(options);
        _endpoints = new EndpointDirectory(address, options, breakers);
    }

    /// <summary>Creates the stream of a call: at once on a connection that is there, else through the pipelines.</summary>
    /// <exception cref="ThriftException">The stream could not be created.</exception>
    internal ValueTask<ClientTransportStream<TRequest, TResponse>> ConnectAsync<TRequest, TResponse>(ThriftMethod<TRequest, TResponse> method, ClientCallStart start)
        where TRequest : class, IThriftStruct<TRequest>
        where TResponse : class, IThriftStruct<TResponse>
    {
        _options.Policies?.ThrowIfRejected(method);
        var breaker = _breakers.For(method);
        if (!breaker.TryEnter(out var retryAfter))
        {
            throw new ThriftCircuitOpenException(ThriftCircuitScope.Service, method.FullName, retryAfter);
        }

        var request = new ConnectRequest<TRequest, TResponse>(method, start);
        return TryAtOnce(request) is { } stream ? new(Created(request, breaker, stream)) : AwaitConnectAsync(request, breaker, start.Over);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ClientTransportStream<TRequest, TResponse>> AwaitConnectAsync<TRequest, TResponse>(
        ConnectRequest<TRequest, TResponse> request,
        CircuitBreaker breaker,
        CancellationToken cancellationToken)
        where TRequest : class, IThriftStruct<TRequest>
        where TResponse : class, IThriftStruct<TResponse>
    {
        var context = ResilienceContextPool.Shared.Get(cancellationToken);
        try
        {
            var outcome = await TryEndpointsAsync(context, request).ConfigureAwait(false);
            if (outcome.Exception is { } error)
            {
                Count(breaker, error);
                outcome.ThrowIfException();
            }

            return Created(request, breaker, outcome.Result!);
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    private ClientTransportStream<TRequest, TResponse> Created<TRequest, TResponse>(ConnectRequest<TRequest, TResponse> request, CircuitBreaker breaker, object created)
        where TRequest : class, IThriftStruct<TRequest>
        where TResponse : class, IThriftStruct<TResponse>
    {
        var counted = breaker.CountsCalls ? breaker : null;
        if (counted is null)
        {
            breaker.Succeeded();
        }

        var stream = (ClientTransportStream<TRequest, TResponse>)created;
        return counted is not null || request.IsCounted || request.EndpointBreaker is not null
            ? new TrackedClientStream<TRequest, TResponse>(stream, request, counted, _options.TimeProvider)
            : stream;
    }

    /// <summary>Resolves, and connects to each endpoint.</summary>
    internal Task PrepareAsync(CancellationToken cancellationToken) => WarmUp.ConnectAsync(_endpoints, _selection?.All ?? [], _options, cancellationToken);

    /// <summary>Resolves, and finds out whether an endpoint can be connected to.</summary>
    internal Task<ChannelReach> ReachAsync(CancellationToken cancellationToken) => Reachability.FindAsync(_endpoints, _selection?.All[0], _address.ToString(), _options, cancellationToken);

    /// <summary>The name of the transport that a method's calls use.</summary>
    internal string TransportName(ThriftMethod method) => _selection is null ? _address.ToString() : _selection.For(method).Name;

    public async ValueTask DisposeAsync()
    {
        await _endpoints.DisposeAsync().ConfigureAwait(false);
        if (_only is not null)
        {
            await _only.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Creates the stream on the first endpoint that is chosen, if that needs no waiting and nothing stands in the way: what most calls do, without the cost of what the others need.
    /// </summary>
    /// <returns><see langword="null"/> if the pipelines must decide; they begin with the endpoint that was chosen here.</returns>
    private object? TryAtOnce(ConnectRequest request)
    {
        var options = request.Start.Options;
        if (_endpoints.Current is null || options.Endpoint is not null || options.Attempts is not null)
        {
            return null;
        }

        try
        {
            if (_retries.PipelineOf(request.Method) is not null)
            {
                return null;
            }

            request.MaxAttempts = _retries.MaxAttempts;
            request.Chosen = Choose(request);
            if (request.Chosen is not { Breaker.State: ThriftCircuitState.Closed } endpoint)
            {
                return null;
            }

            request.StartedAt = _options.TimeProvider.GetTimestamp();
            if (request.TryOpen(TransportOf(request.Method, endpoint), EvidenceFor(request)) is not { } stream)
            {
                return null;
            }

            _retries.Begin(request.Method, request.Start);
            Opened(request, endpoint);
            return stream;
        }
        catch (Exception)
        {
            // It happens again where the pipelines repeat the step, and is reported and counted there.
            return null;
        }
    }

    /// <summary>Never throws: failures are returned as an outcome.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Outcome<object>> TryEndpointsAsync(ResilienceContext context, ConnectRequest request)
    {
        try
        {
            if (request.Start.Options.Endpoint is { } pinned)
            {
                EndpointAddress.Check(pinned, nameof(ThriftCallOptions.Endpoint));
            }
            else if (_endpoints.Current is null && await ListAsync(context, request).ConfigureAwait(false) is { } unlisted)
            {
                return Outcome.FromException<object>(unlisted);
            }

            request.Used = request.Start.Options.Attempts?.UsedEndpoints();
            if (_retries.PipelineOf(request.Method) is { } own)
            {
                request.MaxAttempts = int.MaxValue;
                var outcome = await own.ExecuteOutcomeAsync(
                    static (context, state) => state.connector.TryNextAsync(context, state.request), context, (connector: this, request)).ConfigureAwait(false);
                return outcome.Exception is ExecutionRejectedException rejected ? Outcome.FromException<object>(PipelineErrors.Translate(rejected, request.Method)) : outcome;
            }

            request.MaxAttempts = _retries.MaxAttempts;
            _retries.Begin(request.Method, request.Start);
            for (var retries = 0; ; retries++)
            {
                var outcome = await TryNextAsync(context, request).ConfigureAwait(false);
                if (outcome.Exception is not { } error
                    || request.FailedCount == 0
                    || request.FailedCount >= Attempts(request)
                    || !_retries.TryRetry(request.Method, error, retries, out var pause))
                {
                    return outcome;
                }

                if (pause > TimeSpan.Zero)
                {
                    await Task.Delay(pause, _options.TimeProvider, context.CancellationToken).ConfigureAwait(false);
                }
            }
        }
        catch (Exception error)
        {
            return Outcome.FromException<object>(error);
        }
    }

    /// <summary>Tries the next endpoint, or returns the last error if none is left. Never throws.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Outcome<object>> TryNextAsync(ResilienceContext context, ConnectRequest request)
    {
        ChannelEndpoint? entered = null;
        ChannelEndpoint? probed = null;
        try
        {
            var endpoint = request.Chosen ?? Choose(request);
            request.Chosen = null;
            if (endpoint is null)
            {
                return Outcome.FromException<object>(request.LastError ?? _endpoints.Current!.NothingToPick());
            }

            entered = _endpoints.TracksStreams ? endpoint : null;
            request.Start.Options.Attempts?.Used(endpoint.Candidate);
            request.Begin(_options.TimeProvider);
            if (!endpoint.Breaker.TryEnter(out var retryAfter))
            {
                entered?.Exit();
                var open = new ThriftCircuitOpenException(ThriftCircuitScope.Endpoint, endpoint.Address, retryAfter);
                request.Failed(endpoint.Candidate, request.LastError ?? open);
                return Outcome.FromException<object>(request.LastError!);
            }

            probed = endpoint;
            request.Start.Call?.Tries(endpoint.Address);
            var outcome = await OpenAsync(context, TransportOf(request.Method, endpoint), request, EvidenceFor(request)).ConfigureAwait(false);
            probed = null;
            if (outcome.Exception is { } cause)
            {
                entered?.Exit();
                entered = null;
                var error = Explain(cause, endpoint.Address, request);
                Count(endpoint.Breaker, error);
                if (ConnectRetries.IsConnectFailure(error))
                {
                    endpoint.Ejection?.Failed(endpoint.Candidate);
                }

                request.Failed(endpoint.Candidate, error);
                return ReferenceEquals(error, cause) ? outcome : Outcome.FromException<object>(error);
            }

            Opened(request, endpoint);
            return outcome;
        }
        catch (Exception error)
        {
            entered?.Exit();
            probed?.Breaker.Ignored();
            return Outcome.FromException<object>(error);
        }
    }

    /// <summary>A stream was created on that endpoint.</summary>
    private void Opened(ConnectRequest request, ChannelEndpoint endpoint)
    {
        request.Endpoint = endpoint;
        request.IsCounted = _endpoints.TracksStreams;
        if (endpoint.Breaker.CountsCalls)
        {
            request.EndpointBreaker = endpoint.Breaker;
        }
        else
        {
            endpoint.Breaker.Succeeded();
        }
    }

    private ConnectionEvidence EvidenceFor(ConnectRequest request)
        => request.FailedCount + 1 >= Attempts(request) ? ConnectionEvidence.Presumed : ConnectionEvidence.Established;

    /// <summary>
    /// Chooses the next endpoint, and counts the stream if streams are tracked. What the attempts of other streams of the call used is left out as long as there is something else.
    /// </summary>
    /// <returns><see langword="null"/> if none is left.</returns>
    private ChannelEndpoint? Choose(ConnectRequest request)
    {
        while (true)
        {
            ChannelEndpoint? endpoint;
            if (request.Start.Options.Endpoint is { } pinned)
            {
                endpoint = _endpoints.Pin(pinned);
                if (request.Tried?.Contains(endpoint.Candidate) == true)
                {
                    return null;
                }
            }
            else
            {
                var list = _endpoints.Current!;
                endpoint = list.Pick(request.Method, request.Start, request.Used ?? request.Tried);
                if (endpoint is null && request.Used is not null)
                {
                    endpoint = list.Pick(request.Method, request.Start, request.Tried);
                }
            }

            // One that cannot be entered has just been removed: there is another list.
            if (endpoint is null || !_endpoints.TracksStreams || endpoint.Candidate.TryEnter())
            {
                return endpoint;
            }
        }
    }

    /// <summary>How many endpoints may be tried for a stream.</summary>
    private int Attempts(ConnectRequest request)
        => request.Start.Options.Endpoint is not null ? 1 : Math.Clamp(request.MaxAttempts, 1, Math.Max(1, _endpoints.Current!.UsableCount));

    /// <summary>Waits for the first list of endpoints.</summary>
    /// <returns>Why there is none; <see langword="null"/> if there is.</returns>
    private async ValueTask<Exception?> ListAsync(ResilienceContext context, ConnectRequest request)
    {
        request.StartedAt = _options.TimeProvider.GetTimestamp();
        var outcome = await _timeout.ExecuteAsync(
            static async (context, endpoints) =>
            {
                try
                {
                    await endpoints.WhenListedAsync(context.CancellationToken).ConfigureAwait(false);
                    return Outcome.FromResult<object>(endpoints);
                }
                catch (Exception error)
                {
                    return Outcome.FromException<object>(error);
                }
            },
            context,
            TimeoutOf(request),
            _endpoints).ConfigureAwait(false);
        return outcome.Exception is { } error ? Explain(error, _address.ToString(), request) : null;
    }

    private ValueTask<Outcome<object>> OpenAsync(ResilienceContext context, ClientTransport transport, ConnectRequest request, ConnectionEvidence evidence)
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

        return _timeout.ExecuteAsync(
            static (context, state) => state.request.OpenAsync(state.transport, context.CancellationToken), context, TimeoutOf(request), (transport, request));
    }

    /// <summary>What a breaker counts when a stream was not created: a failure only if connecting failed.</summary>
    private static void Count(CircuitBreaker breaker, Exception error)
    {
        if (ConnectRetries.IsConnectFailure(error) && error is not ThriftCircuitOpenException)
        {
            breaker.Failed(error);
        }
        else
        {
            breaker.Ignored();
        }
    }

    private Exception Explain(Exception error, string endpoint, ConnectRequest request) => error is TimeoutRejectedException
        ? new ThriftTimeoutException(
            nameof(ThriftCallOptions.ConnectTimeout), ThriftTimeoutKind.Connect, TimeoutOf(request), _options.TimeProvider.GetElapsedTime(request.StartedAt), $"{request.Method.FullName} to {endpoint}", error)
        : error;

    private TimeSpan TimeoutOf(ConnectRequest request)
        => request.Start.Options.ConnectTimeout ?? _options.Policies?.ConnectTimeoutOf(request.Method) ?? _options.Resilience.ConnectTimeout;

    private ClientTransport TransportOf(ThriftMethod method, ChannelEndpoint endpoint) => _only ?? endpoint.TransportOf(_selection!.For(method));
}
