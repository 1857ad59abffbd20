using Rx.ThriftStreams.Diagnostics;

namespace Rx.ThriftStreams.Hosting;

/// <summary>Sends the token of a cache with each call, and drops one that a server refuses.</summary>
internal sealed class SentToken(TokenCache tokens)
{
    private const string Header = "authorization";
    private const string Scheme = "Bearer ";

    /// <summary>What is wrong with a delegate that returned nothing.</summary>
    internal static InvalidOperationException Missing() => new("The delegate that AddBearerToken was given returned no token.");

    /// <summary>Middleware that sends a token that is requested for each call.</summary>
    internal static ThriftClientStreamMiddleware Requested(string client, Func<CancellationToken, ValueTask<string>> request) => async (context, next) =>
    {
        string token;
        try
        {
            token = await request(context.CancellationToken).ConfigureAwait(false);
            if (string.IsNullOrEmpty(token))
            {
                throw Missing();
            }
        }
        catch (Exception error) when (!context.CancellationToken.IsCancellationRequested)
        {
            ThriftCounters.TokenFailed(client, callsFailed: true);
            throw new ThriftAccessTokenException(client, error);
        }

        context.RequestHeaders.Set(Header, Scheme + token);
        return await next().ConfigureAwait(false);
    };

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
