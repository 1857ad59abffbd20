namespace Rx.ThriftStreams.Contracts;

/// <summary>The responses of a method of a generated base class that is not overridden.</summary>
internal abstract class UnimplementedStream;

/// <inheritdoc/>
internal sealed class UnimplementedStream<TResponse>(ThriftMethod method) : UnimplementedStream, IAsyncEnumerable<TResponse>
{
    public async IAsyncEnumerator<TResponse> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        await ThriftUnimplemented.CallAsync(method).ConfigureAwait(false);
        yield break;
    }
}
