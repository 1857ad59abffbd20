using Rx.ThriftStreams.AspNetCore.Dispatch;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.AspNetCore.Transports.PingPong;

/// <summary>What the requests of a connection take of its memory, and when another may be taken. Used by the loop that reads the connection.</summary>
/// <param name="memory">The budget of the connection.</param>
/// <param name="calls">The calls that run.</param>
/// <param name="runtime">The host's settings.</param>
internal sealed class RequestMemory(PeerMemory memory, RunningCalls calls, ThriftServerRuntime runtime)
{
    private long _held;

    /// <summary>Waits until another call may run beside those that do. Reading stops meanwhile, so what a peer can have in flight is bounded.</summary>
    /// <returns><see langword="false"/> if other connections hold what all of them together may: then the call is refused, instead of waiting for strangers.</returns>
    internal async ValueTask<bool> TryMakeRoomAsync(long size)
    {
        while (true)
        {
            var ended = calls.Count >= runtime.Options.Limits.MaxStreamsPerConnection ? calls.WhenOneEnded() : null;
            if (ended is null)
            {
                if (memory.TryTake(size))
                {
                    return true;
                }

                if (memory.Used + size <= memory.Limit)
                {
                    return false;
                }

                if (calls.Count == 0)
                {
                    if (memory.IsParentOver)
                    {
                        return false;
                    }

                    // One message may be larger than the budget of its connection.
                    memory.Take(size);
                    return true;
                }

                ended = calls.WhenOneEnded();
                if (memory.TryTake(size))
                {
                    return true;
                }
            }

            await ended.ConfigureAwait(false);
        }
    }

    /// <summary>Whether a request whose rest has not arrived is refused, because its connection holds too much of the server's memory.</summary>
    /// <param name="isLarge">Whether what has arrived of it is more than a connection takes in any case.</param>
    internal bool MustYield(bool isLarge) => isLarge ? memory.IsParentNearlyOver : memory.IsParentOver;

    /// <summary>Counts the part of a request that waits in the buffer for its rest.</summary>
    internal void Hold(long bytes)
    {
        if (bytes > _held)
        {
            memory.Take(bytes - _held);
        }
        else if (bytes < _held)
        {
            memory.Return(_held - bytes);
        }

        _held = bytes;
    }
}
