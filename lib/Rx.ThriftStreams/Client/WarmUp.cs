using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.Client;

/// <summary>Connects to the endpoints of a channel before its first call.</summary>
internal static class WarmUp
{
    /// <summary>How many endpoints are connected to at a time.</summary>
    private const int Concurrency = 16;

    /// <summary>Waits for a list, and connects to each endpoint of it over each transport, within the connect timeout each.</summary>
    /// <param name="directory">The endpoints.</param>
    /// <param name="kinds">The transports.</param>
    /// <param name="options">The channel's settings.</param>
    /// <param name="cancellationToken">Cancels all attempts.</param>
    /// <exception cref="ThriftException">No endpoint could be connected to. The first failure is reported.</exception>
    internal static async Task ConnectAsync(
        EndpointDirectory directory,
        ClientTransportDescriptor[] kinds,
        ThriftChannelOptions options,
        CancellationToken cancellationToken)
    {
        if (directory.Current is null)
        {
            await directory.WhenListedAsync(cancellationToken).ConfigureAwait(false);
        }

        var connected = 0;
        Exception? failure = null;
        await Parallel.ForEachAsync(
            directory.Current!.Endpoints.Where(static endpoint => endpoint.Candidate.Endpoint.Weight > 0),
            new ParallelOptions { MaxDegreeOfParallelism = Concurrency, CancellationToken = cancellationToken },
            async (endpoint, token) =>
            {
                try
                {
                    foreach (var kind in kinds)
                    {
                        await ConnectLimit.RunAsync(
                            async limited =>
                            {
                                await endpoint.TransportOf(kind).PrepareAsync(options.Resilience.ConnectTimeout, limited).ConfigureAwait(false);
                                return true;
                            },
                            options.Resilience.ConnectTimeout,
                            options.TimeProvider,
                            endpoint.Address,
                            token).ConfigureAwait(false);
                    }

                    Interlocked.Increment(ref connected);
                }
                catch (ThriftException error)
                {
                    Interlocked.CompareExchange(ref failure, error, null);
                }
            }).ConfigureAwait(false);
        if (connected == 0 && failure is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
        }
    }
}
