using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Client;

/// <summary>Moves a user's requests into a call while its responses are being received.</summary>
internal static class RequestPump
{
    /// <summary>
    /// Sends every element, then completes. An error of the source aborts the call with that error, so that it surfaces where the
    /// responses are awaited. Stops when the call is over.
    /// </summary>
    /// <remarks>
    /// The source is user code that may block or run for a long time: it runs on the thread pool, with the caller's execution context but never on the thread
    /// or synchronization context that receives the responses, which the source may be waiting for.
    /// </remarks>
    internal static void Start<TRequest, TResponse>(ClientCall<TRequest, TResponse> call, IAsyncEnumerable<TRequest> requests)
        where TRequest : class, IThriftStruct<TRequest>
        where TResponse : class, IThriftStruct<TResponse>
        => ThreadPool.QueueUserWorkItem(static work => _ = RunAsync(work.call, work.requests), (call, requests), preferLocal: false);

    /// <summary>Never fails.</summary>
    private static async Task RunAsync<TRequest, TResponse>(ClientCall<TRequest, TResponse> call, IAsyncEnumerable<TRequest> requests)
        where TRequest : class, IThriftStruct<TRequest>
        where TResponse : class, IThriftStruct<TResponse>
    {
        try
        {
            var source = requests.GetAsyncEnumerator(call.Over);
            await using (source.ConfigureAwait(false))
            {
                if (call.Observation is { } observation && source is IDroppingSource dropping)
                {
                    dropping.ReportTo(observation);
                }

                while (await source.MoveNextAsync().ConfigureAwait(false))
                {
                    try
                    {
                        await call.Requests.SendAsync(source.Current, CancellationToken.None).ConfigureAwait(false);
                    }
                    catch (Exception error) when (call.IsEnd(error))
                    {
                        return;
                    }
                }
            }

            await call.Requests.CompleteAsync().ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (call.Over.IsCancellationRequested)
        {
            // The call ended first, which is not an error of the source.
        }
        catch (Exception error)
        {
            call.Abort(error);
        }
    }
}
