using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Client;

/// <summary>The sending direction of a call with one request: there are no other sends, so it needs no turns.</summary>
internal static class SingleRequest
{
    /// <summary>Sends the only request and ends the sending direction. If the call is over already, its end is received like any other.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    internal static async ValueTask SendAsync<TRequest, TResponse>(ClientCall<TRequest, TResponse> call, TRequest request)
        where TRequest : class, IThriftStruct<TRequest>
        where TResponse : class, IThriftStruct<TResponse>
    {
        if (call.IsOver)
        {
            return;
        }

        try
        {
            var send = call.Stream.SendAsync(request);
            if (send.IsCompletedSuccessfully || !CallTimers.IsLimit(call.Start.Options.SendTimeout))
            {
                _ = await send.ConfigureAwait(false);
            }
            else
            {
                await WaitOrAbortAsync(call, send).ConfigureAwait(false);
            }

            await call.Stream.CompleteAsync().ConfigureAwait(false);
        }
        catch (Exception error) when (call.IsEnd(error))
        {
            // The server answered without waiting for the request, or the connection was lost: receiving reports which.
        }
        catch (Exception error)
        {
            // It cannot be encoded, and the server would wait for it.
            var reason = call.Explain(error);
            call.Abort(reason);
            ExceptionDispatchInfo.Throw(reason);
        }
    }

    /// <summary>When the limit expires the call is aborted, which fails the send.</summary>
    private static async ValueTask WaitOrAbortAsync(ClientCall call, ValueTask<int> send)
    {
        using var timer = call.CreateSendTimer()!;
        timer.Start(call.Start.TimeProvider.GetTimestamp());
        _ = await send.ConfigureAwait(false);
    }
}
