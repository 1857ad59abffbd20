using System.Collections.Concurrent;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.Transports.Grpc;

/// <summary>
/// Oneway calls that were sent and may not have arrived. Disposing such a call would reset its stream, which could cancel its handler before it has
/// started; closing the connection could lose the call.
/// </summary>
/// <remarks>This library's server answers when it has the message. A Kitex server never does, so waiting has a limit.</remarks>
internal sealed class GrpcOneways(TimeProvider clock)
{
    private readonly ConcurrentDictionary<Task, bool> _lingering = new();

    /// <summary>Disposes a call when its answer has arrived or is no longer expected.</summary>
    internal void Linger(GrpcCall call, GrpcExchange exchange)
    {
        var lingering = LingerAsync(call, exchange);
        if (lingering.IsCompleted)
        {
            return;
        }

        _lingering.TryAdd(lingering, true);
        _ = lingering.ContinueWith(
            task => _lingering.TryRemove(task, out _), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    /// <summary>Waits briefly for the calls that are in flight. Never fails.</summary>
    internal Task WaitAsync()
        => _lingering.IsEmpty ? Task.CompletedTask : Task.WhenAny(Task.WhenAll(_lingering.Keys), Task.Delay(ClientTransport.ClosingLimit, clock));

    private async Task LingerAsync(GrpcCall call, GrpcExchange exchange)
    {
        using var limit = new CancellationTokenSource(ClientTransport.OnewayLimit, clock);
        try
        {
            await call.AnsweredAsync().WaitAsync(limit.Token).ConfigureAwait(false);
            if (exchange.Responses is { } responses)
            {
                // Whatever the server sends.
                await responses.DrainAsync(limit.Token).ConfigureAwait(false);
            }
        }
        catch (Exception)
        {
            // Whether an answer came, and which, makes no difference.
        }

        exchange.SetEnded();
        call.Dispose();
    }
}
