namespace Rx.ThriftStreams.Hosting;

/// <summary>Sends the token of a cache with each call, and drops one that a server refuses.</summary>
internal sealed class SentToken(TokenCache tokens)
{
    private const string Header = "authorization";
    private const string Scheme = "Bearer ";

    internal async ValueTask<ThriftCreatedStream> CreateAsync(ThriftClientContext context, Func<ValueTask<ThriftCreatedStream>> next)
    {
        var token = await tokens.GetAsync(context.CancellationToken).ConfigureAwait(false);
        context.RequestHeaders.Set(Header, Scheme + token);
        try
        {
            return await next().ConfigureAwait(false);
        }
        catch (ThriftException error) when (error.StatusCode == ThriftStatusCode.Unauthenticated)
        {
            tokens.Drop(token);
            throw;
        }
    }

    /// <summary>A refusal mostly arrives where a response would.</summary>
    internal async ValueTask<object?> ReceiveAsync(ThriftCallContext context, Func<ValueTask<object?>> next)
    {
        try
        {
            return await next().ConfigureAwait(false);
        }
        catch (ThriftException error) when (error.StatusCode == ThriftStatusCode.Unauthenticated)
        {
            if (context.RequestHeaders.TryGetValue(Header, out var sent) && sent.StartsWith(Scheme, StringComparison.Ordinal))
            {
                tokens.Drop(sent[Scheme.Length..]);
            }

            throw;
        }
    }
}
