using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.Client;

/// <summary>Finds out whether a channel reaches a server.</summary>
/// <remarks>
/// A connection is opened and closed again: one that is there may have been lost without anybody noticing, and one that is kept without a call would be closed by the server, with a warning.
/// </remarks>
internal static class Reachability
{
    /// <summary>How many endpoints are connected to at a time.</summary>
    private const int Concurrency = 16;

    /// <summary>Waits for a list, and looks for one endpoint that can be connected to.</summary>
    /// <param name="directory">The endpoints.</param>
    /// <param name="kind">The transport; <see langword="null"/> for one that does not connect.</param>
    /// <param name="address">The address of the channel.</param>
    /// <param name="options">The channel's settings.</param>
    /// <param name="cancellationToken">Cancels waiting and connecting.</param>
    /// <exception cref="ThriftException">The endpoints could not be resolved, or none of them takes new streams.</exception>
    internal static async Task<ChannelReach> FindAsync(
        EndpointDirectory directory, ClientTransportDescriptor? kind, string address, ThriftChannelOptions options, CancellationToken cancellationToken)
    {
        if (directory.Current is null)
        {
            await ConnectLimit.RunAsync(
                async limited =>
                {
                    await directory.WhenListedAsync(limited).ConfigureAwait(false);
                    return true;
                },
                options.Resilience.ConnectTimeout,
                options.TimeProvider,
                address,
                cancellationToken).ConfigureAwait(false);
        }

        var list = directory.Current!;
        var all = list.Endpoints.Where(static endpoint => endpoint.Candidate.Endpoint.Weight > 0).ToList();
        if (all.Count == 0)
        {
            throw list.NothingToPick();
        }

        // Most likely the first one succeeds: then there is one connection for each check, however long the list is.
        var serving = all.Where(static endpoint => endpoint.Candidate.IsServing).OrderBy(static endpoint => endpoint.Candidate.IsBlocked).ToList();
        var (reached, error) = serving.Count == 0 ? (null, null)
            : kind is null ? (serving[0].Address, null)
            : await ConnectAsync(serving[..1], kind, cancellationToken).ConfigureAwait(false);
        if (reached is null && serving.Count > 1)
        {
            (reached, _) = await ConnectAsync(serving[1..], kind!, cancellationToken).ConfigureAwait(false);
        }

        return new(reached, reached is null ? error : null, all.Count, all.Count(static endpoint => !endpoint.Candidate.IsBlocked));
    }

    /// <summary>Connects to endpoints until one succeeds.</summary>
    private static async Task<(string? Reached, ThriftException? Error)> ConnectAsync(List<ChannelEndpoint> endpoints, ClientTransportDescriptor kind, CancellationToken cancellationToken)
    {
        string? reached = null;
        ThriftException? failure = null;
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            await Parallel.ForEachAsync(
                endpoints,
                new ParallelOptions { MaxDegreeOfParallelism = Concurrency, CancellationToken = enough.Token },
                async (endpoint, token) =>
                {
                    try
                    {
                        await endpoint.TryConnectAsync(kind, token).ConfigureAwait(false);
                        Interlocked.CompareExchange(ref reached, endpoint.Address, null);
                        await enough.CancelAsync().ConfigureAwait(false);
                    }
                    catch (ThriftException error)
                    {
                        Interlocked.CompareExchange(ref failure, error, null);
                    }
                }).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (reached is not null && !cancellationToken.IsCancellationRequested)
        {
            // The others are not needed any more.
        }

        return (reached, failure);
    }
}
