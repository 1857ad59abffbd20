using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Streams;

/// <summary>A method that returns a stream, not yet called: each enumeration is a call of its own, begun by its first MoveNextAsync.</summary>
internal sealed class ColdStream<TRequest, TResponse> : IAsyncEnumerable<TResponse>
    where TRequest : class, IThriftStruct<TRequest>
    where TResponse : class, IThriftStruct<TResponse>
{
    private readonly ThriftChannel _channel;
    private readonly ThriftMethod<TRequest, TResponse> _method;
    private readonly TRequest? _request;
    private readonly IAsyncEnumerable<TRequest>? _requests;
    private readonly ThriftCallOptions _options;
    private readonly CancellationToken _cancellationToken;

    internal ColdStream(
        ThriftChannel channel,
        ThriftMethod<TRequest, TResponse> method,
        TRequest? request,
        IAsyncEnumerable<TRequest>? requests,
        in ThriftCallOptions options,
        CancellationToken cancellationToken)
    {
        _channel = channel;
        _method = method;
        _request = request;
        _requests = requests;
        _options = options;
        _cancellationToken = cancellationToken;
    }

    public IAsyncEnumerator<TResponse> GetAsyncEnumerator(CancellationToken cancellationToken = default) => new Enumerator(this, cancellationToken);

    private sealed class Enumerator(ColdStream<TRequest, TResponse> stream, CancellationToken cancellationToken) : IAsyncEnumerator<TResponse>
    {
        private ClientCall<TRequest, TResponse>? _call;
        private bool _disposed;

        public TResponse Current => _call is { } call ? call.Current : throw new InvalidOperationException("Await MoveNextAsync first.");

        public ValueTask<bool> MoveNextAsync()
        {
            if (_call is { } call)
            {
                return call.MoveNextAsync();
            }

            return _disposed ? new(false) : StartAsync();
        }

        public async ValueTask DisposeAsync()
        {
            _disposed = true;
            if (_call is { } call)
            {
                await call.DisposeAsync().ConfigureAwait(false);
            }
        }

        private async ValueTask<bool> StartAsync()
        {
            var call = await stream._channel.OpenAsync(stream._method, stream._options, stream._cancellationToken, cancellationToken).ConfigureAwait(false);
            _call = call;
            if (stream._requests is { } requests)
            {
                _ = RequestPump.RunAsync(call, requests);
            }
            else
            {
                await SendOnlyAsync(call, stream._request!).ConfigureAwait(false);
            }

            return await call.MoveNextAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Sends the only request. If the call is over already, its end is received like any other.</summary>
    internal static async ValueTask SendOnlyAsync(ClientCall<TRequest, TResponse> call, TRequest request)
    {
        try
        {
            await call.SendAsync(request, CancellationToken.None).ConfigureAwait(false);
            await call.CompleteAsync().ConfigureAwait(false);
        }
        catch (ThriftException)
        {
            // The server answered without waiting for the request, or the connection was lost: receiving tells which.
        }
    }
}
