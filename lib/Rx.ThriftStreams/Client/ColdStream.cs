using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Client;

/// <summary>A method that returns a stream, not yet called: each enumeration is a call of its own, begun by its first MoveNextAsync.</summary>
internal sealed class ColdStream<TRequest, TResponse> : IAsyncEnumerable<TResponse>
    where TRequest : class, IThriftStruct<TRequest>
    where TResponse : class, IThriftStruct<TResponse>
{
    private readonly ThriftChannel _channel;
    private readonly ThriftMethod<TRequest, TResponse> _method;
    private readonly TRequest? _request;
    private readonly IAsyncEnumerable<TRequest>? _requests;
    private readonly ThriftCallOptions? _options;
    private readonly ThriftCallOptions _defaults;
    private readonly CancellationToken _cancellationToken;

    internal ColdStream(
        ThriftChannel channel,
        ThriftMethod<TRequest, TResponse> method,
        TRequest? request,
        IAsyncEnumerable<TRequest>? requests,
        ThriftCallOptions? options,
        ThriftCallOptions defaults,
        CancellationToken cancellationToken)
    {
        _channel = channel;
        _method = method;
        _request = request;
        _requests = requests;
        _options = options;
        _defaults = defaults;
        _cancellationToken = cancellationToken;
    }

    public IAsyncEnumerator<TResponse> GetAsyncEnumerator(CancellationToken cancellationToken = default) => new Enumerator(this, cancellationToken);

    private sealed class Enumerator(ColdStream<TRequest, TResponse> stream, CancellationToken cancellationToken)
        : IAsyncEnumerator<TResponse>, IAbandonable
    {
        private ClientCall<TRequest, TResponse>? _call;
        private AbandonedCallGuard? _guard;
        private Task<ClientCall<TRequest, TResponse>>? _opening;
        private bool _disposed;

        public TResponse Current => _call is { } call ? call.Current : throw new InvalidOperationException("Await MoveNextAsync first.");

        public ValueTask<bool> MoveNextAsync()
        {
            if (_call is { } call)
            {
                return call.MoveNextAsync();
            }

            return _disposed && _opening is null ? new(false) : StartAsync();
        }

        public bool Abandon() => Volatile.Read(ref _call)?.Abandon() == true;

        public async ValueTask DisposeAsync()
        {
            _disposed = true;
            _guard?.Dispose();
            if (_call is { } call)
            {
                await call.DisposeAsync().ConfigureAwait(false);
            }
        }

        private async ValueTask<bool> StartAsync()
        {
            // An enumeration is one call: what failed to start has failed.
            var call = await (_opening ??= OpenAsync()).ConfigureAwait(false);
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

        private async Task<ClientCall<TRequest, TResponse>> OpenAsync()
        {
            var call = await stream._channel.OpenAsync(stream._method, stream._options, stream._defaults, stream._cancellationToken, cancellationToken).ConfigureAwait(false);
            _guard = new AbandonedCallGuard(call, stream._channel.Logger, stream._method.FullName);
            Volatile.Write(ref _call, call);
            if (_disposed)
            {
                await DisposeAsync().ConfigureAwait(false);
            }

            return call;
        }
    }

    /// <summary>Sends the only request. If the call is over already, its end is received like any other.</summary>
    internal static async ValueTask SendOnlyAsync(ClientCall<TRequest, TResponse> call, TRequest request)
    {
        try
        {
            await call.SendOnlyAsync(request).ConfigureAwait(false);
        }
        catch (Exception error) when (RequestPump.IsEndOf(call, error))
        {
            // The server answered without waiting for the request, or the connection was lost: receiving tells which.
        }
        catch (Exception error)
        {
            // It cannot be encoded, and the server would wait for it.
            call.Abort(error);
            throw;
        }
    }
}
