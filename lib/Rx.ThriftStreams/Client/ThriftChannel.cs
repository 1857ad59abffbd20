using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using Microsoft.Extensions.Logging;
using Rx.ThriftStreams.Client;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Diagnostics;
using Rx.ThriftStreams.Middleware;
using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Resilience;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams;

/// <summary>A channel to the servers of a service: their addresses, the connections to them, and the rules for creating streams.</summary>
/// <remarks>
/// Thread-safe and long-lived: create one for each destination and share it. Connections are opened by the first call that needs one.
/// </remarks>
[DebuggerDisplay("{Address}")]
public sealed class ThriftChannel : IAsyncDisposable
{
    private readonly ThriftChannelOptions _options;
    private readonly StreamConnector _connector;
    private readonly EventHub _events;
    private readonly CallWatch _watch;
    private readonly EntryLimits _entries;
    private readonly FailureLog _failures;
    private readonly ClientMiddleware? _middleware;
    private readonly CallPipelines? _calls;
    private int _disposed;

    private ThriftChannel(ThriftAddress address, ThriftChannelOptions options, ClientTransport? transport = null)
    {
        _options = options;
        Address = address.ToString();
        Logger = options.LoggerFactory.CreateLogger<ThriftChannel>();
        _events = new EventHub(Logger);
        _entries = new EntryLimits(Logger, options.TimeProvider);
        _watch = new CallWatch(ThriftCallSide.Client, _events, Logger, options.TimeProvider, options.Telemetry, _entries);
        _failures = new FailureLog(Logger, options.TimeProvider, _entries, Address);
        _middleware = ClientMiddleware.From(options);
        var budgets = new RetryBudgets(options.TimeProvider);
        _calls = CallPipelines.From(options, budgets);
        Methods = options.Methods.ToDictionary(static pair => pair.Key, pair => Settle(pair.Key, pair.Value, options), StringComparer.Ordinal);
        CircuitBreakers = new ThriftCircuitBreakers(options, Logger);
        _connector = new StreamConnector(address, options, CircuitBreakers, budgets, transport);
    }

    /// <summary>The address that the channel was created for.</summary>
    public string Address { get; }

    /// <summary>
    /// The events of each call: its start, response headers, messages and end. A call reports all of them, or none if there was no
    /// listener when it began; then it costs nothing.
    /// </summary>
    /// <remarks>
    /// Hot. Notifications arrive one at a time, in order, on the threads of the calls: be quick, and do not block. An observer that throws is
    /// unsubscribed, and the exception is logged; calls are not affected. Completes when the channel is disposed.
    /// </remarks>
    public IObservable<ThriftStreamEvent> Events => _events;

    /// <summary>The circuit breakers of the channel: their states and, at run time, their settings.</summary>
    public ThriftCircuitBreakers CircuitBreakers { get; }

    internal ILogger Logger { get; }

    /// <summary>Logs errors of calls that reach no handler.</summary>
    internal UnhandledErrorLog UnhandledErrors => _failures.Unhandled;

    /// <inheritdoc cref="FailureLog.WhyUnreachable"/>
    internal string? WhyUnreachable => _failures.WhyUnreachable;

    /// <summary>Whether server streams may take several attempts, or have a fallback.</summary>
    internal bool RepeatsServerStreams => _calls is not null && _options.Resilience is { IncludeServerStreams: true } or { Fallback: not null };

    /// <summary>What the clients of this channel inherit.</summary>
    internal ThriftCallOptions Defaults => _options.Defaults;

    /// <summary>What the calls of single methods inherit, by the names that the options use: all of it, the defaults as well.</summary>
    internal IReadOnlyDictionary<string, ThriftCallOptions> Methods { get; }

    /// <summary>Whether calls made in a handler inherit the deadline, the cancellation and the metainfo of the call that is handled.</summary>
    internal bool FlowsServerContext => (Defaults.FlowServerContext ?? _options.FlowServerContext)
        && Methods.Values.All(method => method.FlowServerContext ?? _options.FlowServerContext);

    /// <summary>Whether calls carry the trace of the activity in which they are made.</summary>
    internal bool PropagatesTraceContext => _options.PropagateTraceContext;

    /// <summary>Creates a channel to fixed endpoints, or to those that a resolver finds.</summary>
    /// <param name="address">
    /// <c>grpc://host:port</c> or <c>ttheader://host:port</c>; <c>grpcs</c> or <c>ttheaders</c> for TLS. Several endpoints are separated by commas:
    /// <c>grpc://10.0.0.1:8888,10.0.0.2:8888</c>; streams are then spread over them. A resolver follows a plus sign: <c>grpc+dns://echo.internal:8888</c> for each address
    /// of a name, <c>grpc+unix:/run/echo.sock</c> for a Unix domain socket, or a key of <see cref="ThriftDiscoveryOptions.Schemes"/>.
    /// </param>
    /// <param name="options">Settings; the defaults if <see langword="null"/>.</param>
    /// <returns>The channel, which has not connected yet. Dispose it when no call runs any more.</returns>
    /// <example>
    /// <!-- sample: api-channel -->
    /// <code>
    /// await using var channel = ThriftChannel.ForAddress("grpc://localhost:8888");
    /// var client = new TestServiceClient(channel);
    /// var answer = await client.EchoUnaryAsync(new() { Message = "hello" }, cancellationToken);
    /// </code>
    /// </example>
    /// <exception cref="ArgumentNullException">The address is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">The address is malformed, or an option is not compatible with it or with another option; the message states why.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is outside its range; the message names it.</exception>
    public static ThriftChannel ForAddress(string address, ThriftChannelOptions? options = null)
    {
        var copy = (options ?? new ThriftChannelOptions()).Snapshot();
        return new(ThriftAddress.Parse(address, copy), copy);
    }

    /// <summary>Throws what <see cref="ForAddress"/> would throw.</summary>
    internal static void Check(string address, ThriftChannelOptions options)
    {
        var copy = options.Snapshot();
        _ = new TransportSelection(ThriftAddress.Parse(address, copy), copy);
    }

    /// <summary>Creates a channel whose calls all use one transport.</summary>
    /// <param name="transport">The transport; the channel disposes it.</param>
    /// <param name="name">The value of <see cref="Address"/>.</param>
    /// <param name="options">A snapshot.</param>
    internal static ThriftChannel ForTransport(ClientTransport transport, string name, ThriftChannelOptions options)
        => new(ThriftAddress.Within(name), options, transport);

    /// <summary>
    /// Warms the channel up: resolves the endpoints and opens a connection to each, over each transport that the channel uses. Calls do not need it; the first ones are then faster.
    /// </summary>
    /// <param name="cancellationToken">Stops waiting for the resolver, and cancels connecting.</param>
    /// <returns>Completes when each endpoint is connected to or has failed within <see cref="ThriftResilienceOptions.ConnectTimeout"/>, and one at least is connected to.</returns>
    /// <exception cref="ThriftDiscoveryException">The endpoints could not be resolved.</exception>
    /// <exception cref="ThriftConnectException">No endpoint could be connected to.</exception>
    /// <exception cref="ThriftTimeoutException">No endpoint could be connected to in time.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public Task ConnectAsync(CancellationToken cancellationToken = default) => Volatile.Read(ref _disposed) != 0
        ? Task.FromException(new ObjectDisposedException(nameof(ThriftChannel)))
        : _connector.PrepareAsync(cancellationToken);

    /// <summary>Finds out whether a server can be reached, without a call and without touching the connections of calls.</summary>
    /// <exception cref="ThriftException">No endpoint is known.</exception>
    internal Task<ChannelReach> ReachAsync(CancellationToken cancellationToken) => Volatile.Read(ref _disposed) != 0
        ? Task.FromException<ChannelReach>(new ObjectDisposedException(nameof(ThriftChannel)))
        : _connector.ReachAsync(cancellationToken);

    /// <summary>Prepares a call of one message each way that may take several attempts.</summary>
    /// <returns><see langword="null"/> if it takes one.</returns>
    internal ResilientUnaryCall<TRequest, TResponse>? Repeat<TRequest, TResponse>(
        ThriftInvoker invoker,
        ThriftMethod<TRequest, TResponse> method,
        TRequest request,
        ThriftCallOptions? options,
        ThriftCallOptions defaults)
        where TRequest : class, IThriftStruct<TRequest>
        where TResponse : class, IThriftStruct<TResponse>
        => PipelineOf(method, options, defaults, out var settled, out var limits) is { } pipeline
            ? new(invoker, method, request, settled, pipeline, limits, _options.TimeProvider)
            : null;

    /// <summary>Prepares a server stream that may take several attempts.</summary>
    /// <returns><see langword="null"/> if it takes one.</returns>
    internal ResilientStream<TRequest, TResponse>? RepeatStream<TRequest, TResponse>(
        ThriftInvoker invoker,
        ThriftMethod<TRequest, TResponse> method,
        TRequest request,
        ThriftCallOptions? options,
        ThriftCallOptions defaults)
        where TRequest : class, IThriftStruct<TRequest>
        where TResponse : class, IThriftStruct<TResponse>
        => PipelineOf(method, options, defaults, out var settled, out var limits) is { } pipeline
            ? new(invoker, method, request, settled, pipeline, limits, _options.TimeProvider)
            : null;

    /// <summary>Creates the stream of a call: runs the connect pipeline and attaches the stream to the call.</summary>
    /// <param name="method">The method.</param>
    /// <param name="options">The options of the call; <see langword="null"/> if it inherits all.</param>
    /// <param name="defaults">What it inherits: the options of its client over those of this channel.</param>
    /// <param name="methodToken">The token that was passed to the method.</param>
    /// <param name="enumerationToken">The token that was passed to the enumeration.</param>
    /// <param name="attemptToken">Cancels creating the stream, and nothing later.</param>
    /// <exception cref="ThriftException">The stream could not be created.</exception>
    internal ValueTask<ClientCall<TRequest, TResponse>> OpenAsync<TRequest, TResponse>(
        ThriftMethod<TRequest, TResponse> method,
        ThriftCallOptions? options,
        ThriftCallOptions defaults,
        CancellationToken methodToken,
        CancellationToken enumerationToken = default,
        CancellationToken attemptToken = default)
        where TRequest : class, IThriftStruct<TRequest>
        where TResponse : class, IThriftStruct<TResponse>
    {
        if (Volatile.Read(ref _disposed) != 0)
        {
            return ValueTask.FromException<ClientCall<TRequest, TResponse>>(new ObjectDisposedException(nameof(ThriftChannel)));
        }

        ClientCallStart start;
        var parent = ParentOf(options, defaults);
        try
        {
            start = CallStartFactory.Create(method, options, defaults, parent, _options);
        }
        catch (ArgumentException error)
        {
            // Invalid options of a call are reported like its other errors: where it is awaited.
            return ValueTask.FromException<ClientCall<TRequest, TResponse>>(error);
        }

        var outer = Activity.Current;
        var observation = _watch.TryStart(method, _connector.TransportName(method), string.Empty);
        if (start.Options.AttemptNumber is > 0 and var attempt)
        {
            observation?.Activity?.SetTag(CallTags.Attempt, attempt);
        }

        if (_options.PropagateTraceContext && (observation?.Activity ?? Activity.Current) is { } activity)
        {
            TraceContext.Inject(activity, start.OwnHeaders);
        }

        // The call's activity is current in what the call does, not in what its caller does next.
        if (observation is not null)
        {
            Activity.Current = outer;
        }

        var call = new ClientCall<TRequest, TResponse>(method, start, observation, parent) { Failures = _failures };
        call.Begin(methodToken, enumerationToken);
        return attemptToken.CanBeCanceled
            ? AttachAttemptAsync(method, start, observation, call, attemptToken)
            : AttachAsync(method, start, observation, call);
    }

    /// <summary>Creates the stream of a call and attaches it. Where that needs no waiting, none of the layers that could wait costs anything.</summary>
    private ValueTask<ClientCall<TRequest, TResponse>> AttachAsync<TRequest, TResponse>(
        ThriftMethod<TRequest, TResponse> method,
        ClientCallStart start,
        CallObservation? observation,
        ClientCall<TRequest, TResponse> call)
        where TRequest : class, IThriftStruct<TRequest>
        where TResponse : class, IThriftStruct<TResponse>
    {
        ValueTask<ClientTransportStream<TRequest, TResponse>> connecting;
        try
        {
            call.ThrowIfOver();
            connecting = _middleware is null
                ? ConnectAsync(method, start, observation)
                : CreateThroughMiddlewareAsync(_middleware, method, start, observation);
        }
        catch (Exception error)
        {
            connecting = ValueTask.FromException<ClientTransportStream<TRequest, TResponse>>(error);
        }

        if (!connecting.IsCompletedSuccessfully)
        {
            return AwaitAttachAsync(connecting, call);
        }

        call.Attach(connecting.Result);
        return new(call);
    }

    private async ValueTask<ClientCall<TRequest, TResponse>> AttachAttemptAsync<TRequest, TResponse>(
        ThriftMethod<TRequest, TResponse> method,
        ClientCallStart start,
        CallObservation? observation,
        ClientCall<TRequest, TResponse> call,
        CancellationToken attemptToken)
        where TRequest : class, IThriftStruct<TRequest>
        where TResponse : class, IThriftStruct<TResponse>
    {
        using var cancellation = call.AbortOn(attemptToken);
        return await AttachAsync(method, start, observation, call).ConfigureAwait(false);
    }

    /// <summary>The pipeline around the calls of a method, their options and limits.</summary>
    /// <returns><see langword="null"/> if they have none.</returns>
    private CallPipeline? PipelineOf(
        ThriftMethod method,
        ThriftCallOptions? options,
        ThriftCallOptions defaults,
        out ThriftCallOptions settled,
        out (TimeSpan? Call, TimeSpan? Attempt) limits)
    {
        (settled, limits) = (defaults, default);
        if (_calls is null)
        {
            return null;
        }

        var parent = ParentOf(options, defaults);
        if (_calls.For(method, options?.IsIdempotent ?? defaults.IsIdempotent, RetryMark.IsOn(parent)) is not { } pipeline)
        {
            return null;
        }

        settled = options?.Over(defaults) ?? defaults;
        limits = (
            CallStartFactory.LimitOf(settled, parent, _options.TimeProvider).Limit,
            pipeline.AttemptTimeout ?? (settled.Timeout is null ? _options.Policies?.TimeoutOf(method) : null));
        return pipeline;
    }

    /// <summary>The server call whose deadline, cancellation and metainfo a call inherits; <see langword="null"/> if it inherits none.</summary>
    private ThriftServerContext? ParentOf(ThriftCallOptions? options, ThriftCallOptions defaults)
        => options?.FlowServerContext ?? defaults.FlowServerContext ?? _options.FlowServerContext ? ThriftServerContext.Current : null;

    /// <summary>All that the calls of a method inherit.</summary>
    private static ThriftCallOptions Settle(string method, ThriftCallOptions own, ThriftChannelOptions options)
    {
        var settled = own;
        foreach (var wider in MethodKey.WiderThan(method))
        {
            settled = options.Methods.TryGetValue(wider, out var inherited) ? settled.Over(inherited) : settled;
        }

        return settled.Over(options.Defaults);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<ClientCall<TRequest, TResponse>> AwaitAttachAsync<TRequest, TResponse>(
        ValueTask<ClientTransportStream<TRequest, TResponse>> connecting,
        ClientCall<TRequest, TResponse> call)
        where TRequest : class, IThriftStruct<TRequest>
        where TResponse : class, IThriftStruct<TResponse>
    {
        try
        {
            call.Attach(await connecting.ConfigureAwait(false));
            return call;
        }
        catch (Exception error)
        {
            var reason = call.Explain(error);
            call.End(reason);
            if (ReferenceEquals(reason, error))
            {
                throw;
            }

            ExceptionDispatchInfo.Throw(reason);
            throw;
        }
    }

    private ValueTask<ClientTransportStream<TRequest, TResponse>> CreateThroughMiddlewareAsync<TRequest, TResponse>(
        ClientMiddleware middleware,
        ThriftMethod<TRequest, TResponse> method,
        ClientCallStart start,
        CallObservation? observation)
        where TRequest : class, IThriftStruct<TRequest>
        where TResponse : class, IThriftStruct<TResponse>
        => middleware.CreateAsync(
            new ThriftClientContext(method, _connector.TransportName(method), start, start.Over),
            method,
            changed => ConnectAsync(method, changed, observation));

    private ValueTask<ClientTransportStream<TRequest, TResponse>> ConnectAsync<TRequest, TResponse>(
        ThriftMethod<TRequest, TResponse> method,
        ClientCallStart start,
        CallObservation? observation)
        where TRequest : class, IThriftStruct<TRequest>
        where TResponse : class, IThriftStruct<TResponse>
    {
        var connecting = _connector.ConnectAsync(method, start);
        return observation is null ? connecting : ObserveAsync(connecting, observation);

        static async ValueTask<ClientTransportStream<TRequest, TResponse>> ObserveAsync(
            ValueTask<ClientTransportStream<TRequest, TResponse>> connecting,
            CallObservation observation)
            => new ObservedClientStream<TRequest, TResponse>(await connecting.ConfigureAwait(false), observation);
    }

    /// <summary>Closes the connections. Running calls fail.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            await _connector.DisposeAsync().ConfigureAwait(false);
            _watch.Dispose();
            _failures.Dispose();
            _entries.Dispose();
            CircuitBreakers.Complete();
            _events.Complete();
        }
    }
}
