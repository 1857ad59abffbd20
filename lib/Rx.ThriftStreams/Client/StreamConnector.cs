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
/// Creates streams: the method's breaker around everything, then endpoint after endpoint as the picker chooses them, each within its own breaker and the
/// connect timeout. Nothing here sees a message.
/// </summary>
internal sealed class StreamConnector : IAsyncDisposable
{
    private readonly ThriftAddress _address;
    private readonly ThriftChannelOptions _options;
    private readonly TransportSelection? _selection;
    private readonly ConnectPipelines _pipelines;
    private readonly EndpointDirectory _endpoints;
    private readonly ClientTransport? _only;

    /// <param name="address">The address.</param>
    /// <param name="options">The channel's settings.</param>
    /// <param name="only">The transport of all calls, whatever the endpoints; <see langword="null"/> for one per endpoint.</param>
    internal StreamConnector(ThriftAddress address, ThriftChannelOptions options, ClientTransport? only = null)
    {
        _only = only;
        _address = address;
        _options = options;
        _selection = only is null ? new TransportSelection(address, options) : null;
        _pipelines = new ConnectPipelines(options);
        _endpoints = new EndpointDirectory(address, options, _pipelines);
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
            var request = new ConnectRequest<TRequest, TResponse>(method, start);
            var outcome = await _pipelines.ForMethod(method).ExecuteOutcomeAsync(
                static (context, state) => state.connector.TryEndpointsAsync(context, state.request),
                context,
                (connector: this, request)).ConfigureAwait(false);
            if (outcome.Exception is BrokenCircuitException open)
            {
                throw new ThriftCircuitOpenException(ThriftCircuitScope.Service, method.FullName, open.RetryAfter, open);
            }

            outcome.ThrowIfException();
            var stream = (ClientTransportStream<TRequest, TResponse>)outcome.Result!;
            return request.CountedBy is { } counted
                ? new TrackedClientStream<TRequest, TResponse>(stream, counted, method, _options.TimeProvider, request.StartedAt)
                : stream;
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    /// <summary>Resolves, and connects to each endpoint.</summary>
    internal async Task PrepareAsync(CancellationToken cancellationToken)
    {
        if (_endpoints.Current is null)
        {
            await _endpoints.WhenListedAsync(cancellationToken).ConfigureAwait(false);
        }

        if (_selection is not null)
        {
            await WarmUp.ConnectAsync(_endpoints.Current!.Endpoints, _selection.All, _options, cancellationToken).ConfigureAwait(false);
        }
    }

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

    /// <summary>Never throws: failures are returned as an outcome, as Polly requires.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Outcome<object>> TryEndpointsAsync(ResilienceContext context, ConnectRequest request)
    {
        ChannelEndpoint? counted = null;
        try
        {
            var pinned = request.Start.Options.Endpoint;
            if (pinned is not null)
            {
                EndpointAddress.Check(pinned, nameof(ThriftCallOptions.Endpoint));
            }
            else if (_endpoints.Current is null && await ListAsync(context, request).ConfigureAwait(false) is { } unlisted)
            {
                return Outcome.FromException<object>(unlisted);
            }

            var attempts = request.Start.Options.Attempts;
            var used = attempts?.UsedEndpoints();
            List<ThriftCandidate>? tried = null;
            var outcome = default(Outcome<object>);
            for (var attempt = 1; ; attempt++)
            {
                var (endpoint, most) = Choose(pinned, request, used, tried);
                if (endpoint is null)
                {
                    return tried is null ? Outcome.FromException<object>(_endpoints.Current!.NothingToPick()) : outcome;
                }

                attempts?.Used(endpoint.Candidate);
                counted = _endpoints.TracksStreams ? endpoint : null;
                request.StartedAt = _options.TimeProvider.GetTimestamp();
                outcome = await endpoint.Pipeline.ExecuteOutcomeAsync(
                    static (context, state) => state.connector.Open(context, state.transport, state.request, state.evidence),
                    context,
                    (connector: this, transport: TransportOf(request.Method, endpoint), request, evidence: attempt >= most ? ConnectionEvidence.Presumed : ConnectionEvidence.Established)).ConfigureAwait(false);
                if (outcome.Exception is not { } cause)
                {
                    (request.CountedBy, counted) = (counted, null);
                    return outcome;
                }

                counted?.Exit();
                counted = null;

                // The next endpoint may succeed; the last one's failure is reported.
                var error = Explain(cause, endpoint.Address, request);
                outcome = ReferenceEquals(error, cause) ? outcome : Outcome.FromException<object>(error);
                if (error is ThriftConnectException or ThriftTimeoutException)
                {
                    endpoint.Ejection?.Failed(endpoint.Candidate);
                }

                if (attempt >= most || !ConnectPipelines.IsConnectFailure(error))
                {
                    return outcome;
                }

                (tried ??= []).Add(endpoint.Candidate);
                used?.Add(endpoint.Candidate);
            }
        }
        catch (Exception error)
        {
            counted?.Exit();
            return Outcome.FromException<object>(error);
        }
    }

    /// <summary>
    /// Chooses the endpoint of an attempt, and counts the stream if streams are tracked. What the attempts of other streams of the call used is left out as long as there is something else.
    /// </summary>
    /// <param name="pinned">The endpoint that the call names itself.</param>
    /// <param name="request">What is to be created.</param>
    /// <param name="used">What the call has used, and what was tried; <see langword="null"/> if it has one attempt.</param>
    /// <param name="tried">What was tried for this stream.</param>
    /// <returns>The endpoint, or <see langword="null"/> if none is left; and how many the call may try.</returns>
    private (ChannelEndpoint? Endpoint, int Attempts) Choose(string? pinned, ConnectRequest request, List<ThriftCandidate>? used, List<ThriftCandidate>? tried)
    {
        while (true)
        {
            var (endpoint, attempts) = (default(ChannelEndpoint), 1);
            if (pinned is not null)
            {
                endpoint = _endpoints.Pin(pinned);
            }
            else
            {
                var list = _endpoints.Current!;
                endpoint = list.Pick(request.Method, request.Start, used ?? tried);
                if (endpoint is null && used is not null)
                {
                    endpoint = list.Pick(request.Method, request.Start, tried);
                }

                attempts = Math.Clamp(_options.Resilience.MaxConnectAttempts, 1, Math.Max(1, list.UsableCount));
            }

            // One that cannot be entered has just been removed: there is another list.
            if (endpoint is null || !_endpoints.TracksStreams || endpoint.Candidate.TryEnter())
            {
                return (endpoint, attempts);
            }
        }
    }

    /// <summary>Waits for the first list of endpoints.</summary>
    /// <returns>Why there is none; <see langword="null"/> if there is.</returns>
    private async ValueTask<Exception?> ListAsync(ResilienceContext context, ConnectRequest request)
    {
        request.StartedAt = _options.TimeProvider.GetTimestamp();
        context.Properties.Set(ConnectPipelines.ConnectTimeout, TimeoutOf(request));
        var outcome = await _pipelines.Timeout.ExecuteOutcomeAsync(
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
            _endpoints).ConfigureAwait(false);
        return outcome.Exception is { } error ? Explain(error, _address.ToString(), request) : null;
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

    private Exception Explain(Exception error, string endpoint, ConnectRequest request) => error switch
    {
        BrokenCircuitException open => new ThriftCircuitOpenException(ThriftCircuitScope.Endpoint, endpoint, open.RetryAfter, open),
        TimeoutRejectedException => new ThriftTimeoutException(
            ThriftTimeoutKind.Connect, TimeoutOf(request), _options.TimeProvider.GetElapsedTime(request.StartedAt), $"{request.Method.FullName} to {endpoint}", error),
        _ => error,
    };

    private TimeSpan TimeoutOf(ConnectRequest request) => request.Start.Options.ConnectTimeout ?? _options.Resilience.ConnectTimeout;

    private ClientTransport TransportOf(ThriftMethod method, ChannelEndpoint endpoint) => _only ?? endpoint.TransportOf(_selection!.For(method));
}
