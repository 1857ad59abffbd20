using Rx.ThriftStreams.Client;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams;

/// <summary>The base of generated clients: turns a method's description into calls on a channel.</summary>
/// <remarks>Thread-safe. A client holds nothing but its channel and options: make as many as is handy.</remarks>
public abstract class ThriftClient
{
    private readonly ThriftCallOptions _options;

    /// <summary>Makes a client.</summary>
    /// <param name="channel">The channel that its calls use.</param>
    /// <param name="options">Options that its calls inherit, over those of the channel.</param>
    /// <exception cref="ArgumentException">An option makes no sense; the text says which.</exception>
    protected ThriftClient(ThriftChannel channel, ThriftCallOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(channel);
        Channel = channel;
        options?.Validate();
        _options = options is null ? channel.Defaults : options.Snapshot().Over(channel.Defaults);
    }

    /// <summary>The channel that the client's calls use.</summary>
    public ThriftChannel Channel { get; }

    /// <summary>A bidirectional method: each enumeration of the result is a call of its own.</summary>
    protected IAsyncEnumerable<TResponse> DuplexAsync<TRequest, TResponse>(
        ThriftMethod<TRequest, TResponse> method,
        IAsyncEnumerable<TRequest> requests,
        ThriftCallOptions? options,
        CancellationToken cancellationToken)
        where TRequest : class, IThriftStruct<TRequest>
        where TResponse : class, IThriftStruct<TResponse>
    {
        ArgumentNullException.ThrowIfNull(requests);
        return new ColdStream<TRequest, TResponse>(Channel, method, null, requests, options, _options, cancellationToken);
    }

    /// <summary>A server-streaming method: each enumeration of the result is a call of its own.</summary>
    protected IAsyncEnumerable<TResponse> ServerStreamingAsync<TRequest, TResponse>(
        ThriftMethod<TRequest, TResponse> method,
        TRequest request,
        ThriftCallOptions? options,
        CancellationToken cancellationToken)
        where TRequest : class, IThriftStruct<TRequest>
        where TResponse : class, IThriftStruct<TResponse>
    {
        ArgumentNullException.ThrowIfNull(request);
        return new ColdStream<TRequest, TResponse>(Channel, method, request, null, options, _options, cancellationToken);
    }

    /// <summary>A client-streaming method: sends every request and gives the response.</summary>
    protected Task<TResponse> ClientStreamingAsync<TRequest, TResponse>(
        ThriftMethod<TRequest, TResponse> method,
        IAsyncEnumerable<TRequest> requests,
        ThriftCallOptions? options,
        CancellationToken cancellationToken)
        where TRequest : class, IThriftStruct<TRequest>
        where TResponse : class, IThriftStruct<TResponse>
    {
        ArgumentNullException.ThrowIfNull(requests);

        return RunAsync(Channel.OpenAsync(method, options, _options, cancellationToken), requests);

        static async Task<TResponse> RunAsync(ValueTask<ClientCall<TRequest, TResponse>> opening, IAsyncEnumerable<TRequest> requests)
        {
            var call = await opening.ConfigureAwait(false);
            await using (call.ConfigureAwait(false))
            {
                _ = RequestPump.RunAsync(call, requests);
                return await call.ReceiveSingleAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>A method of one message each way.</summary>
    protected Task<T> CallAsync<TArguments, TResult, T>(
        ThriftMethod<TArguments, TResult> method,
        TArguments arguments,
        Func<TResult, T> result,
        ThriftCallOptions? options,
        CancellationToken cancellationToken)
        where TArguments : class, IThriftStruct<TArguments>
        where TResult : class, IThriftStruct<TResult>
    {
        return RunAsync(Channel.OpenAsync(method, options, _options, cancellationToken), arguments, result);

        static async Task<T> RunAsync(ValueTask<ClientCall<TArguments, TResult>> opening, TArguments arguments, Func<TResult, T> result)
        {
            var call = await opening.ConfigureAwait(false);
            await using (call.ConfigureAwait(false))
            {
                await ColdStream<TArguments, TResult>.SendOnlyAsync(call, arguments).ConfigureAwait(false);
                return result(await call.ReceiveSingleAsync().ConfigureAwait(false));
            }
        }
    }

    /// <summary>A <c>oneway</c> method: completes when the message was handed to the transport; no answer comes.</summary>
    protected Task SendOnewayAsync<TArguments, TResult>(
        ThriftMethod<TArguments, TResult> method,
        TArguments arguments,
        ThriftCallOptions? options,
        CancellationToken cancellationToken)
        where TArguments : class, IThriftStruct<TArguments>
        where TResult : class, IThriftStruct<TResult>
    {
        return RunAsync(Channel.OpenAsync(method, options, _options, cancellationToken), arguments, cancellationToken);

        static async Task RunAsync(ValueTask<ClientCall<TArguments, TResult>> opening, TArguments arguments, CancellationToken cancellationToken)
        {
            // A Kitex server never answers a oneway call over gRPC: the end that the transport reports is the end of sending.
            var call = await opening.ConfigureAwait(false);
            await using (call.ConfigureAwait(false))
            {
                await call.SendAsync(arguments, cancellationToken).ConfigureAwait(false);
                await call.CompleteAsync().ConfigureAwait(false);
                await call.MoveNextAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>Opens a bidirectional call.</summary>
    protected async ValueTask<ThriftDuplexStream<TRequest, TResponse>> OpenDuplexAsync<TRequest, TResponse>(
        ThriftMethod<TRequest, TResponse> method,
        ThriftCallOptions? options,
        CancellationToken cancellationToken)
        where TRequest : class, IThriftStruct<TRequest>
        where TResponse : class, IThriftStruct<TResponse>
        => new(await OpenStateAsync(method, options, cancellationToken).ConfigureAwait(false));

    /// <summary>Opens a client-streaming call.</summary>
    protected async ValueTask<ThriftClientStream<TRequest, TResponse>> OpenClientStreamingAsync<TRequest, TResponse>(
        ThriftMethod<TRequest, TResponse> method,
        ThriftCallOptions? options,
        CancellationToken cancellationToken)
        where TRequest : class, IThriftStruct<TRequest>
        where TResponse : class, IThriftStruct<TResponse>
        => new(await OpenStateAsync(method, options, cancellationToken).ConfigureAwait(false));

    /// <summary>Opens a server-streaming call and sends its request.</summary>
    protected async ValueTask<ThriftStream<TResponse>> OpenServerStreamingAsync<TRequest, TResponse>(
        ThriftMethod<TRequest, TResponse> method,
        TRequest request,
        ThriftCallOptions? options,
        CancellationToken cancellationToken)
        where TRequest : class, IThriftStruct<TRequest>
        where TResponse : class, IThriftStruct<TResponse>
    {
        ArgumentNullException.ThrowIfNull(request);
        var state = await OpenStateAsync(method, options, cancellationToken).ConfigureAwait(false);
        await ColdStream<TRequest, TResponse>.SendOnlyAsync(state.Call, request).ConfigureAwait(false);
        return new(state);
    }

    /// <summary>Opens a call of one message each way and sends its message.</summary>
    protected async ValueTask<ThriftCall<T>> OpenCallAsync<TArguments, TResult, T>(
        ThriftMethod<TArguments, TResult> method,
        TArguments arguments,
        Func<TResult, T> result,
        ThriftCallOptions? options,
        CancellationToken cancellationToken)
        where TArguments : class, IThriftStruct<TArguments>
        where TResult : class, IThriftStruct<TResult>
    {
        ArgumentNullException.ThrowIfNull(result);
        var state = await OpenStateAsync(method, options, cancellationToken).ConfigureAwait(false);
        await ColdStream<TArguments, TResult>.SendOnlyAsync(state.Call, arguments).ConfigureAwait(false);
        return new(state, ReceiveAsync());

        async Task<T> ReceiveAsync() => result(await state.Call.ReceiveSingleAsync().ConfigureAwait(false));
    }

    /// <summary>Thrift's number for an answer without a result.</summary>
    private const int MissingResultType = 5;

    /// <summary>The error for an answer that holds neither a result nor a declared exception.</summary>
    /// <param name="methodName">The method's name in the IDL.</param>
    protected static ThriftProtocolException MissingResult(string methodName)
        => new($"The answer to {methodName} holds neither a result nor a declared exception.") { Kitex = new(MissingResultType, $"{methodName} failed: unknown result") };

    private async ValueTask<ThriftCallState<TRequest, TResponse>> OpenStateAsync<TRequest, TResponse>(
        ThriftMethod<TRequest, TResponse> method,
        ThriftCallOptions? options,
        CancellationToken cancellationToken)
        where TRequest : class, IThriftStruct<TRequest>
        where TResponse : class, IThriftStruct<TResponse>
    {
        var call = await Channel.OpenAsync(method, options, _options, cancellationToken).ConfigureAwait(false);
        return new(call, Channel.Logger);
    }
}
