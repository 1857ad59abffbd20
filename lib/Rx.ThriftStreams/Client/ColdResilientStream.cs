using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Client;

/// <summary>A server-streaming method, not yet called, whose calls may take several attempts.</summary>
internal sealed class ColdResilientStream<TRequest, TResponse>(
    ThriftInvoker invoker,
    ColdServerStream<TRequest, TResponse> single,
    ThriftMethod<TRequest, TResponse> method,
    TRequest request,
    ThriftCallOptions? options,
    CancellationToken methodToken) : IAsyncEnumerable<TResponse>
    where TRequest : class, IThriftStruct<TRequest>
    where TResponse : class, IThriftStruct<TResponse>
{
    public IAsyncEnumerator<TResponse> GetAsyncEnumerator(CancellationToken cancellationToken = default)
        => invoker.Repeat(method, request, options) is { } stream ? new Enumerator(this, stream, cancellationToken) : single.GetAsyncEnumerator(cancellationToken);

    private sealed class Enumerator(ColdResilientStream<TRequest, TResponse> cold, ResilientStream<TRequest, TResponse> stream, CancellationToken cancellationToken)
        : IAsyncEnumerator<TResponse>, IAbandonable, IObservedMessages
    {
        private ClientCall<TRequest, TResponse>? _call;
        private IAsyncEnumerator<TResponse>? _fallback;
        private AbandonedCallGuard? _guard;
        private Task<bool>? _opening;
        private bool _disposed;

        public TResponse Current => _call is { } call
            ? call.Responses.Current
            : _fallback is { } fallback ? fallback.Current : throw new InvalidOperationException("Await MoveNextAsync first.");

        public ValueTask<bool> MoveNextAsync()
        {
            if (_call is { } call)
            {
                return call.Responses.MoveNextAsync();
            }

            if (_fallback is { } fallback)
            {
                return fallback.MoveNextAsync();
            }

            // An enumeration is one call: if it failed to start, it has failed.
            return _disposed && _opening is null ? new(false) : new(_opening ??= OpenAsync());
        }

        public void LogUnhandled(Exception error, bool isOfCall) => cold.LogUnhandled(error, isOfCall);

        public bool Abandon() => Volatile.Read(ref _call)?.Abandon() == true;

        public async ValueTask DisposeAsync()
        {
            _disposed = true;
            _guard?.Dispose();
            if (_call is { } call)
            {
                await call.DisposeAsync().ConfigureAwait(false);
            }

            if (_fallback is { } fallback)
            {
                await fallback.DisposeAsync().ConfigureAwait(false);
            }
        }

        private async Task<bool> OpenAsync()
        {
            var (opened, fallback) = await stream.OpenAsync(cold.MethodToken, cancellationToken).ConfigureAwait(false);
            if (opened is not null)
            {
                _guard = cold.Guard(opened.Call);
                Volatile.Write(ref _call, opened.Call);
            }
            else
            {
                _fallback = fallback!.GetAsyncEnumerator(cancellationToken);
            }

            if (_disposed)
            {
                await DisposeAsync().ConfigureAwait(false);
            }

            return opened?.HasResponse ?? await _fallback!.MoveNextAsync().ConfigureAwait(false);
        }
    }

    private CancellationToken MethodToken => methodToken;

    private AbandonedCallGuard Guard(ClientCall call) => new(call, invoker.Channel.Logger, method.FullName);

    private void LogUnhandled(Exception error, bool isOfCall) => invoker.Channel.UnhandledErrors.Report(method, error, isOfCall);
}
