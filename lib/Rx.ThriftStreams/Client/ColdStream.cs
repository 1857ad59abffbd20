using System.Runtime.CompilerServices;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Client;

/// <summary>A method that returns a stream, not yet called: each enumeration is a separate call, started by its first MoveNextAsync.</summary>
internal abstract class ColdStream<TRequest, TResponse>(
    ThriftInvoker invoker,
    ThriftMethod<TRequest, TResponse> method,
    ThriftCallOptions? options,
    CancellationToken methodToken) : IAsyncEnumerable<TResponse>
    where TRequest : class, IThriftStruct<TRequest>
    where TResponse : class, IThriftStruct<TResponse>
{
    public IAsyncEnumerator<TResponse> GetAsyncEnumerator(CancellationToken cancellationToken = default) => new Enumerator(this, cancellationToken);

    /// <summary>Sends the only request, or starts to send several.</summary>
    private protected abstract ValueTask SendAsync(ClientCall<TRequest, TResponse> call);

    private ValueTask<ClientCall<TRequest, TResponse>> StartAsync(CancellationToken enumerationToken)
        => invoker.StartAsync(method, options, methodToken, enumerationToken);

    private AbandonedCallGuard Guard(ClientCall call) => new(call, invoker.Channel.Logger, method.FullName);

    private void LogUnhandled(Exception error, bool isOfCall) => invoker.Channel.UnhandledErrors.Report(method, error, isOfCall);

    private sealed class Enumerator(ColdStream<TRequest, TResponse> stream, CancellationToken cancellationToken)
        : IAsyncEnumerator<TResponse>, IAbandonable, IObservedMessages
    {
        private ClientCall<TRequest, TResponse>? _call;
        private AbandonedCallGuard? _guard;
        private Task<ClientCall<TRequest, TResponse>>? _opening;
        private bool _disposed;

        public TResponse Current => _call is { } call ? call.Responses.Current : throw new InvalidOperationException("Await MoveNextAsync first.");

        public ValueTask<bool> MoveNextAsync()
        {
            if (_call is { } call)
            {
                return call.Responses.MoveNextAsync();
            }

            return _disposed && _opening is null ? new(false) : StartAsync();
        }

        public void LogUnhandled(Exception error, bool isOfCall) => stream.LogUnhandled(error, isOfCall);

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

        [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
        private async ValueTask<bool> StartAsync()
        {
            // An enumeration is one call: if it failed to start, it has failed.
            var call = await (_opening ??= OpenAsync()).ConfigureAwait(false);
            await stream.SendAsync(call).ConfigureAwait(false);
            return await call.Responses.MoveNextAsync().ConfigureAwait(false);
        }

        private async Task<ClientCall<TRequest, TResponse>> OpenAsync()
        {
            var call = await stream.StartAsync(cancellationToken).ConfigureAwait(false);
            _guard = stream.Guard(call);
            Volatile.Write(ref _call, call);
            if (_disposed)
            {
                await DisposeAsync().ConfigureAwait(false);
            }

            return call;
        }
    }
}

/// <summary>A server-streaming method.</summary>
internal sealed class ColdServerStream<TRequest, TResponse>(
    ThriftInvoker invoker,
    ThriftMethod<TRequest, TResponse> method,
    TRequest request,
    ThriftCallOptions? options,
    CancellationToken methodToken) : ColdStream<TRequest, TResponse>(invoker, method, options, methodToken)
    where TRequest : class, IThriftStruct<TRequest>
    where TResponse : class, IThriftStruct<TResponse>
{
    private protected override ValueTask SendAsync(ClientCall<TRequest, TResponse> call) => SingleRequest.SendAsync(call, request);
}

/// <summary>A bidirectional method.</summary>
internal sealed class ColdDuplexStream<TRequest, TResponse>(
    ThriftInvoker invoker,
    ThriftMethod<TRequest, TResponse> method,
    IAsyncEnumerable<TRequest> requests,
    ThriftCallOptions? options,
    CancellationToken methodToken) : ColdStream<TRequest, TResponse>(invoker, method, options, methodToken)
    where TRequest : class, IThriftStruct<TRequest>
    where TResponse : class, IThriftStruct<TResponse>
{
    private protected override ValueTask SendAsync(ClientCall<TRequest, TResponse> call)
    {
        RequestPump.Start(call, requests);
        return default;
    }
}
