using System.Runtime.CompilerServices;
using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.AspNetCore.Dispatch;

/// <summary>The requests of one call as its handler sees them. Synchronous while the transport has messages.</summary>
internal sealed class RequestStream<TRequest, TResponse>(
    ServerTransportStream<TRequest, TResponse> stream,
    ServerCallContext context) : IAsyncEnumerable<TRequest>, IAsyncEnumerator<TRequest>, IObservedMessages
    where TRequest : class, IThriftStruct<TRequest>
    where TResponse : class, IThriftStruct<TResponse>
{
    private CancellationTokenSource? _linked;
    private CancellationToken _token;
    private int _enumerated;
    private bool _ended;

    public TRequest Current => stream.Current;

    public IAsyncEnumerator<TRequest> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        if (Interlocked.Exchange(ref _enumerated, 1) != 0)
        {
            throw new InvalidOperationException("The requests of a call can be enumerated once.");
        }

        // Handlers usually pass the call's own token on; only another one needs to be joined with it.
        _token = context.CancellationToken;
        if (cancellationToken.CanBeCanceled && cancellationToken != _token)
        {
            _linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _token);
            _token = _linked.Token;
        }

        return this;
    }

    public ValueTask<bool> MoveNextAsync()
    {
        if (_ended)
        {
            return new(false);
        }

        var receive = stream.ReceiveAsync(_token);
        return receive.IsCompletedSuccessfully ? new(Received(receive.Result)) : AwaitAsync(receive);
    }

    public void LogUnhandled(Exception error, bool isOfCall) => context.UnhandledErrors.Report(context.Method, error, isOfCall);

    public ValueTask DisposeAsync()
    {
        _ended = true;
        _linked?.Dispose();
        return default;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> AwaitAsync(ValueTask<bool> receive)
    {
        try
        {
            return Received(await receive.ConfigureAwait(false));
        }
        catch (CallerGoneException)
        {
            context.CancelWithCaller();
            throw;
        }
    }

    private bool Received(bool received)
    {
        _ended |= !received;
        return received;
    }
}
