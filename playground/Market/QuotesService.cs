// <sample hosting-service>
using System.Runtime.CompilerServices;
using Rx.ThriftStreams;

namespace Market;

/// <summary>The service. Created for each call, with what it needs from the container.</summary>
internal sealed class QuotesService(PriceFeed feed) : IQuotes
{
    public Task<Quote> LastAsync(Interest interest, CancellationToken cancellationToken = default) => Task.FromResult(feed.Now(interest.Symbol, 0));

    public async IAsyncEnumerable<Quote> WatchAsync(Interest interest, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var stopping = ThriftServerContext.Current!.Stopping;
        for (long number = 1; !stopping.IsCancellationRequested; number++)
        {
            yield return feed.Now(interest.Symbol, number);
            await Task.Delay(TimeSpan.FromMilliseconds(100), cancellationToken);
        }

        // Callers that resume the stream find another server.
        throw new ThriftStatusException(ThriftStatusCode.Unavailable, "The server stops.");
    }
}
// </sample hosting-service>
