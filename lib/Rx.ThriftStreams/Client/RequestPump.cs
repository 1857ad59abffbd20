using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Client;

/// <summary>Moves a user's requests into a call while its responses are being received.</summary>
internal static class RequestPump
{
    /// <summary>
    /// Sends every element, then completes. An error of the source aborts the call with that error, so that it surfaces where the
    /// responses are awaited. Stops when the call is over. Never fails.
    /// </summary>
    internal static async Task RunAsync<TRequest, TResponse>(ClientCall<TRequest, TResponse> call, IAsyncEnumerable<TRequest> requests)
        where TRequest : class, IThriftStruct<TRequest>
        where TResponse : class, IThriftStruct<TResponse>
    {
        try
        {
            await foreach (var request in requests.WithCancellation(call.Over).ConfigureAwait(false))
            {
                try
                {
                    await call.SendAsync(request, CancellationToken.None).ConfigureAwait(false);
                }
                catch (Exception error) when (IsEndOf(call, error))
                {
                    return;
                }
            }

            await call.CompleteAsync().ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (call.Over.IsCancellationRequested)
        {
            // The call ended first, which is no error of the source.
        }
        catch (Exception error)
        {
            call.Abort(error);
        }
    }

    /// <summary>
    /// Whether a send failed because the call is over or about to be, so that receiving tells why. A message that cannot be encoded is
    /// another matter: nobody else would report that.
    /// </summary>
    internal static bool IsEndOf<TRequest, TResponse>(ClientCall<TRequest, TResponse> call, Exception error)
        where TRequest : class, IThriftStruct<TRequest>
        where TResponse : class, IThriftStruct<TResponse>
        => call.IsOver || error is ThriftException and not ThriftProtocolException;
}
