using Rx.ThriftStreams.Client;

namespace Rx.ThriftStreams.AspNetCore.Dispatch;

/// <summary>The responses of a call that is forwarded. The first receive forwards the response headers, as soon as they are there: a caller may wait for them before it sends.</summary>
internal sealed class ProxyResponses(ClientCall<ThriftRawMessage, ThriftRawMessage> call, ServerCallContext context, ProxyTarget target)
    : IAsyncEnumerable<ThriftRawMessage>, IAsyncEnumerator<ThriftRawMessage>
{
    private bool _hasHeaders;

    public ThriftRawMessage Current => call.Responses.Current;

    public IAsyncEnumerator<ThriftRawMessage> GetAsyncEnumerator(CancellationToken cancellationToken = default) => this;

    public ValueTask<bool> MoveNextAsync() => _hasHeaders ? call.Responses.MoveNextAsync() : MoveFirstAsync();

    /// <summary>The call is its owner's to dispose.</summary>
    public ValueTask DisposeAsync() => default;

    private async ValueTask<bool> MoveFirstAsync()
    {
        _hasHeaders = true;
        var first = call.Responses.MoveNextAsync();
        try
        {
            target.Return(await call.Headers.ConfigureAwait(false), context.ResponseHeaders);
            if (!first.IsCompleted)
            {
                await context.SendHeadersAsync(context.CancellationToken).ConfigureAwait(false);
            }
        }
        catch
        {
            // Its result must be taken: the receive uses its state again.
            call.Abandon();
            await ((Task)first.AsTask()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }

        return await first.ConfigureAwait(false);
    }
}
