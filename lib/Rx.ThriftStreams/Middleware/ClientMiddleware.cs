using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.Middleware;

/// <summary>The middleware of a channel.</summary>
internal sealed class ClientMiddleware
{
    private readonly ThriftClientStreamMiddleware[] _stream;
    private readonly ThriftSendMiddleware[] _send;
    private readonly ThriftReceiveMiddleware[] _receive;

    private ClientMiddleware(ThriftChannelOptions options)
    {
        _stream = [.. options.StreamMiddleware];
        _send = [.. options.SendMiddleware];
        _receive = [.. options.ReceiveMiddleware];
    }

    /// <summary>The middleware in the options, or <see langword="null"/> if there is none.</summary>
    internal static ClientMiddleware? From(ThriftChannelOptions options)
        => options.StreamMiddleware.Count + options.SendMiddleware.Count + options.ReceiveMiddleware.Count == 0 ? null : new(options);

    /// <summary>Creates a stream through the middleware.</summary>
    /// <param name="context">The call.</param>
    /// <param name="method">Its method.</param>
    /// <param name="connect">Creates a stream without middleware.</param>
    internal async ValueTask<ClientTransportStream<TRequest, TResponse>> CreateAsync<TRequest, TResponse>(
        ThriftClientContext context,
        ThriftMethod<TRequest, TResponse> method,
        Func<ClientCallStart, ValueTask<ClientTransportStream<TRequest, TResponse>>> connect)
        where TRequest : class, IThriftStruct<TRequest>
        where TResponse : class, IThriftStruct<TResponse>
    {
        var stream = _stream.Length == 0
            ? await connect(context.Start).ConfigureAwait(false)
            : await CreateThroughAsync(context, method, connect).ConfigureAwait(false);
        context.SetPeer(stream.Peer);
        return _send.Length + _receive.Length == 0 ? stream : new MiddlewareClientStream<TRequest, TResponse>(stream, context, _send, _receive);
    }

    private async ValueTask<ClientTransportStream<TRequest, TResponse>> CreateThroughAsync<TRequest, TResponse>(
        ThriftClientContext context,
        ThriftMethod method,
        Func<ClientCallStart, ValueTask<ClientTransportStream<TRequest, TResponse>>> connect)
        where TRequest : class, IThriftStruct<TRequest>
        where TResponse : class, IThriftStruct<TResponse>
    {
        var created = new List<ClientTransportStream<TRequest, TResponse>>();
        CreatedStream<TRequest, TResponse>? chosen = null;
        Func<ValueTask<ThriftCreatedStream>> create = async () =>
        {
            var stream = await connect(context.Start).ConfigureAwait(false);
            lock (created)
            {
                created.Add(stream);
            }

            return new CreatedStream<TRequest, TResponse>(context, stream, stream);
        };
        for (var i = _stream.Length - 1; i >= 0; i--)
        {
            var (middleware, next) = (_stream[i], create);
            create = () => middleware(context, next);
        }

        try
        {
            chosen = await create().ConfigureAwait(false) as CreatedStream<TRequest, TResponse>
                ?? throw new InvalidOperationException($"Stream middleware of {method.FullName} did not return a stream of this call. Return a stream that next returned.");
            return chosen.Stream;
        }
        finally
        {
            await DisposeOthersAsync(created, chosen?.Origin).ConfigureAwait(false);
        }
    }

    private static async ValueTask DisposeOthersAsync<TRequest, TResponse>(
        List<ClientTransportStream<TRequest, TResponse>> created,
        ClientTransportStream<TRequest, TResponse>? chosen)
        where TRequest : class, IThriftStruct<TRequest>
        where TResponse : class, IThriftStruct<TResponse>
    {
        foreach (var stream in created)
        {
            if (!ReferenceEquals(stream, chosen))
            {
                await stream.DisposeAsync().ConfigureAwait(false);
            }
        }
    }
}
