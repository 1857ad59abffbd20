using System.Runtime.CompilerServices;

namespace Rx.ThriftStreams.AspNetCore.Dispatch;

/// <summary>The requests of a call that is forwarded. Remembers how they failed: an error of the caller must not be taken for one of the server.</summary>
internal sealed class ProxyRequests(RequestStream<ThriftRawMessage, ThriftRawMessage> requests) : IAsyncEnumerable<ThriftRawMessage>, IAsyncEnumerator<ThriftRawMessage>
{
    private Exception? _error;

    public ThriftRawMessage Current => requests.Current;

    /// <summary>Whether receiving from the caller failed with that error.</summary>
    internal bool FailedWith(Exception error) => ReferenceEquals(Volatile.Read(ref _error), error);

    public IAsyncEnumerator<ThriftRawMessage> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        _ = requests.GetAsyncEnumerator(cancellationToken);
        return this;
    }

    public ValueTask<bool> MoveNextAsync()
    {
        ValueTask<bool> receive;
        try
        {
            receive = requests.MoveNextAsync();
        }
        catch (Exception error)
        {
            Volatile.Write(ref _error, error);
            throw;
        }

        return receive.IsCompletedSuccessfully ? receive : AwaitAsync(receive);
    }

    public ValueTask DisposeAsync() => requests.DisposeAsync();

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> AwaitAsync(ValueTask<bool> receive)
    {
        try
        {
            return await receive.ConfigureAwait(false);
        }
        catch (Exception error)
        {
            Volatile.Write(ref _error, error);
            throw;
        }
    }
}
