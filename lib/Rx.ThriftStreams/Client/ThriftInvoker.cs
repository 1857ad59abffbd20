using Rx.ThriftStreams.Client;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams;

/// <summary>Makes typed calls of any method on a channel. Generated clients are built on it; use it for methods that are known only at run time.</summary>
/// <remarks>
/// Thread-safe. Methods that return a stream are cold: each enumeration is a separate call. The others start immediately. Their
/// <c>options</c> are those of the call, over the invoker's; <see langword="null"/> inherits all. Their <c>cancellationToken</c> cancels the whole call.
/// </remarks>
public sealed class ThriftInvoker
{
    private readonly ThriftCallOptions _options;

    // By full names, with and without the package, and by names; null if no method has options of its own.
    private readonly Dictionary<string, ThriftCallOptions>? _methods;

    /// <summary>Creates an invoker.</summary>
    /// <param name="channel">The channel of the calls.</param>
    /// <param name="options">Options that the calls inherit, over those of the channel. Copied.</param>
    /// <exception cref="ArgumentException">An option is invalid; the message names it.</exception>
    public ThriftInvoker(ThriftChannel channel, ThriftCallOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(channel);
        Channel = channel;
        options?.Validate();
        var own = options?.Snapshot();
        _options = own?.Over(channel.Defaults) ?? channel.Defaults;
        if (channel.Methods.Count > 0)
        {
            _methods = channel.Methods.ToDictionary(static pair => pair.Key, pair => own?.Over(pair.Value) ?? pair.Value, StringComparer.Ordinal);
        }
    }

    /// <summary>The channel of the calls.</summary>
    public ThriftChannel Channel { get; }

    /// <summary>Calls a bidirectional method.</summary>
    /// <param name="method">The method.</param>
    /// <param name="requests">The requests. Enumerated on the thread pool, concurrently with the responses, once for each call.</param>
    /// <param name="options">The options of the call.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public IAsyncEnumerable<TResponse> DuplexStreamingAsync<TRequest, TResponse>(
        ThriftMethod<TRequest, TResponse> method,
        IAsyncEnumerable<TRequest> requests,
        ThriftCallOptions? options = null,
        CancellationToken cancellationToken = default)
        where TRequest : class, IThriftStruct<TRequest>
        where TResponse : class, IThriftStruct<TResponse>
    {
        ArgumentNullException.ThrowIfNull(method);
        ArgumentNullException.ThrowIfNull(requests);
        return new ColdDuplexStream<TRequest, TResponse>(this, method, requests, options, cancellationToken);
    }

    /// <summary>Calls a server-streaming method.</summary>
    /// <inheritdoc cref="OpenServerStreamingAsync"/>
    public IAsyncEnumerable<TResponse> ServerStreamingAsync<TRequest, TResponse>(
        ThriftMethod<TRequest, TResponse> method,
        TRequest request,
        ThriftCallOptions? options = null,
        CancellationToken cancellationToken = default)
        where TRequest : class, IThriftStruct<TRequest>
        where TResponse : class, IThriftStruct<TResponse>
    {
        ArgumentNullException.ThrowIfNull(method);
        ArgumentNullException.ThrowIfNull(request);
        var stream = new ColdServerStream<TRequest, TResponse>(this, method, request, options, cancellationToken);
        return Channel.RepeatsServerStreams ? new ColdResilientStream<TRequest, TResponse>(this, stream, method, request, options, cancellationToken) : stream;
    }

    /// <summary>Calls a client-streaming method: sends every request and returns the response.</summary>
    /// <inheritdoc cref="DuplexStreamingAsync"/>
    public Task<TResponse> ClientStreamingAsync<TRequest, TResponse>(
        ThriftMethod<TRequest, TResponse> method,
        IAsyncEnumerable<TRequest> requests,
        ThriftCallOptions? options = null,
        CancellationToken cancellationToken = default)
        where TRequest : class, IThriftStruct<TRequest>
        where TResponse : class, IThriftStruct<TResponse>
    {
        ArgumentNullException.ThrowIfNull(method);
        ArgumentNullException.ThrowIfNull(requests);
        return RunAsync(StartAsync(method, options, cancellationToken), requests);

        static async Task<TResponse> RunAsync(ValueTask<ClientCall<TRequest, TResponse>> starting, IAsyncEnumerable<TRequest> requests)
        {
            var call = await starting.ConfigureAwait(false);
            await using (call.ConfigureAwait(false))
            {
                RequestPump.Start(call, requests);
                return await call.Responses.ReceiveSingleAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>Calls a method of one message each way.</summary>
    /// <inheritdoc cref="OpenServerStreamingAsync"/>
    public Task<TResponse> CallAsync<TRequest, TResponse>(
        ThriftMethod<TRequest, TResponse> method,
        TRequest request,
        ThriftCallOptions? options = null,
        CancellationToken cancellationToken = default)
        where TRequest : class, IThriftStruct<TRequest>
        where TResponse : class, IThriftStruct<TResponse>
        => CallAsync(method, request, static response => response, options, cancellationToken);

    /// <summary>Calls a method of one message each way whose response wraps the result.</summary>
    /// <param name="method">The method.</param>
    /// <param name="request">The request. It is encoded before the method returns or, if there is no connection yet, later: do not change it.</param>
    /// <param name="result">Returns the result in the response, or throws the exception that it holds.</param>
    /// <param name="options">The options of the call.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public Task<TResult> CallAsync<TRequest, TResponse, TResult>(
        ThriftMethod<TRequest, TResponse> method,
        TRequest request,
        Func<TResponse, TResult> result,
        ThriftCallOptions? options = null,
        CancellationToken cancellationToken = default)
        where TRequest : class, IThriftStruct<TRequest>
        where TResponse : class, IThriftStruct<TResponse>
    {
        ArgumentNullException.ThrowIfNull(method);
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(result);
        return Channel.Repeat(this, method, request, options, InheritedBy(method)) is { } resilient
            ? resilient.RunAsync(result, cancellationToken)
            : RunAsync(StartAsync(method, options, cancellationToken), request, result);

        static async Task<TResult> RunAsync(ValueTask<ClientCall<TRequest, TResponse>> starting, TRequest request, Func<TResponse, TResult> result)
        {
            var call = await starting.ConfigureAwait(false);
            await using (call.ConfigureAwait(false))
            {
                await SingleRequest.SendAsync(call, request).ConfigureAwait(false);
                return result(await call.Responses.ReceiveSingleAsync().ConfigureAwait(false));
            }
        }
    }

    /// <summary>Calls a <c>oneway</c> method.</summary>
    /// <returns>Completes when the transport has accepted the message; there is no response.</returns>
    /// <inheritdoc cref="OpenServerStreamingAsync"/>
    public Task SendOnewayAsync<TRequest, TResponse>(
        ThriftMethod<TRequest, TResponse> method,
        TRequest request,
        ThriftCallOptions? options = null,
        CancellationToken cancellationToken = default)
        where TRequest : class, IThriftStruct<TRequest>
        where TResponse : class, IThriftStruct<TResponse>
    {
        ArgumentNullException.ThrowIfNull(method);
        ArgumentNullException.ThrowIfNull(request);
        return RunAsync(StartAsync(method, options, cancellationToken), request);

        static async Task RunAsync(ValueTask<ClientCall<TRequest, TResponse>> starting, TRequest request)
        {
            // A Kitex server never answers a oneway call over gRPC: the end that the transport reports is the end of sending.
            var call = await starting.ConfigureAwait(false);
            await using (call.ConfigureAwait(false))
            {
                await SingleRequest.SendAsync(call, request).ConfigureAwait(false);
                await call.Responses.MoveNextAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>Opens a bidirectional call.</summary>
    /// <inheritdoc cref="OpenServerStreamingAsync"/>
    public async ValueTask<ThriftDuplexStreamingCall<TRequest, TResponse>> OpenDuplexStreamingAsync<TRequest, TResponse>(
        ThriftMethod<TRequest, TResponse> method,
        ThriftCallOptions? options = null,
        CancellationToken cancellationToken = default)
        where TRequest : class, IThriftStruct<TRequest>
        where TResponse : class, IThriftStruct<TResponse>
    {
        ArgumentNullException.ThrowIfNull(method);
        return new(await StartAsync(method, options, cancellationToken).ConfigureAwait(false), Channel.Logger);
    }

    /// <summary>Opens a client-streaming call.</summary>
    /// <inheritdoc cref="OpenServerStreamingAsync"/>
    public async ValueTask<ThriftClientStreamingCall<TRequest, TResponse>> OpenClientStreamingAsync<TRequest, TResponse>(
        ThriftMethod<TRequest, TResponse> method,
        ThriftCallOptions? options = null,
        CancellationToken cancellationToken = default)
        where TRequest : class, IThriftStruct<TRequest>
        where TResponse : class, IThriftStruct<TResponse>
    {
        ArgumentNullException.ThrowIfNull(method);
        return new(await StartAsync(method, options, cancellationToken).ConfigureAwait(false), Channel.Logger);
    }

    /// <summary>Opens a server-streaming call and sends its request.</summary>
    /// <param name="method">The method.</param>
    /// <param name="request">The request. It is encoded before the method returns or, if there is no connection yet, later: do not change it.</param>
    /// <param name="options">The options of the call.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="ThriftException">The stream could not be created, or the call failed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async ValueTask<ThriftServerStreamingCall<TResponse>> OpenServerStreamingAsync<TRequest, TResponse>(
        ThriftMethod<TRequest, TResponse> method,
        TRequest request,
        ThriftCallOptions? options = null,
        CancellationToken cancellationToken = default)
        where TRequest : class, IThriftStruct<TRequest>
        where TResponse : class, IThriftStruct<TResponse>
    {
        ArgumentNullException.ThrowIfNull(method);
        ArgumentNullException.ThrowIfNull(request);
        var call = await StartAsync(method, options, cancellationToken).ConfigureAwait(false);
        await SingleRequest.SendAsync(call, request).ConfigureAwait(false);
        return new(call, Channel.Logger, call.Responses);
    }

    /// <summary>Opens a call of one message each way and sends its request.</summary>
    /// <inheritdoc cref="CallAsync{TRequest, TResponse, TResult}"/>
    public async ValueTask<ThriftCall<TResult>> OpenCallAsync<TRequest, TResponse, TResult>(
        ThriftMethod<TRequest, TResponse> method,
        TRequest request,
        Func<TResponse, TResult> result,
        ThriftCallOptions? options = null,
        CancellationToken cancellationToken = default)
        where TRequest : class, IThriftStruct<TRequest>
        where TResponse : class, IThriftStruct<TResponse>
    {
        ArgumentNullException.ThrowIfNull(method);
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(result);
        var call = await StartAsync(method, options, cancellationToken).ConfigureAwait(false);
        await SingleRequest.SendAsync(call, request).ConfigureAwait(false);
        return new(call, Channel.Logger, ReceiveAsync());

        async Task<TResult> ReceiveAsync() => result(await call.Responses.ReceiveSingleAsync().ConfigureAwait(false));
    }

    /// <summary>Prepares a server stream that may take several attempts.</summary>
    /// <returns><see langword="null"/> if it takes one.</returns>
    internal ResilientStream<TRequest, TResponse>? Repeat<TRequest, TResponse>(ThriftMethod<TRequest, TResponse> method, TRequest request, ThriftCallOptions? options)
        where TRequest : class, IThriftStruct<TRequest>
        where TResponse : class, IThriftStruct<TResponse>
        => Channel.RepeatStream(this, method, request, options, InheritedBy(method));

    /// <summary>Starts an attempt of a call and creates its stream.</summary>
    /// <param name="method">The method.</param>
    /// <param name="options">The options of the attempt.</param>
    /// <param name="methodToken">The token that was passed to the method.</param>
    /// <param name="enumerationToken">The token that was passed to the enumeration.</param>
    /// <param name="attemptToken">Cancels the attempt while its stream is being created.</param>
    internal ValueTask<ClientCall<TRequest, TResponse>> StartAttemptAsync<TRequest, TResponse>(
        ThriftMethod<TRequest, TResponse> method,
        ThriftCallOptions options,
        CancellationToken methodToken,
        CancellationToken enumerationToken,
        CancellationToken attemptToken)
        where TRequest : class, IThriftStruct<TRequest>
        where TResponse : class, IThriftStruct<TResponse>
        => Channel.OpenAsync(method, options, InheritedBy(method), methodToken, enumerationToken, attemptToken);

    /// <summary>Starts a call and creates its stream.</summary>
    internal ValueTask<ClientCall<TRequest, TResponse>> StartAsync<TRequest, TResponse>(
        ThriftMethod<TRequest, TResponse> method,
        ThriftCallOptions? options,
        CancellationToken methodToken,
        CancellationToken enumerationToken = default)
        where TRequest : class, IThriftStruct<TRequest>
        where TResponse : class, IThriftStruct<TResponse>
        => Channel.OpenAsync(method, options, InheritedBy(method), methodToken, enumerationToken);

    private ThriftCallOptions InheritedBy(ThriftMethod method)
        => _methods is null ? _options
            : _methods.TryGetValue(method.FullName, out var options) || _methods.TryGetValue(method.LocalName, out options) || _methods.TryGetValue(method.Name, out options) ? options
            : _options;
}
