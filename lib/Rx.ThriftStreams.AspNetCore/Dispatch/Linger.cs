using System.IO.Pipelines;

namespace Rx.ThriftStreams.AspNetCore.Dispatch;

/// <summary>
/// Drops what a peer still sends after its connection has had the last answer. Closing a socket while bytes are unread, or still arrive, resets the connection: a peer that is writing then
/// fails, and does not read the answer. Kestrel cannot close one direction, so the peer sees no end before the limit unless it closes first, as callers do that received an error.
/// </summary>
/// <param name="input">What the peer sends; nobody else reads it.</param>
/// <param name="maxBytes">How many bytes are dropped at most.</param>
/// <param name="clock">The clock.</param>
internal sealed class Linger(PipeReader input, long maxBytes, TimeProvider clock)
{
    internal static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    private readonly long _since = clock.GetTimestamp();
    private volatile bool _isOver;

    /// <summary>Completes when the peer has closed its side, has sent too much, or <see cref="End"/> was called.</summary>
    internal async ValueTask RunAsync()
    {
        var dropped = 0L;
        while (!_isOver && dropped <= maxBytes)
        {
            var result = await input.ReadAsync().ConfigureAwait(false);
            dropped += result.Buffer.Length;
            input.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
            {
                return;
            }
        }
    }

    /// <summary>Ends it when it has lasted for <see cref="Limit"/>. Safe from any thread.</summary>
    internal void Sweep()
    {
        if (clock.GetElapsedTime(_since) >= Limit)
        {
            End();
        }
    }

    /// <summary>Ends it. Safe from any thread.</summary>
    internal void End()
    {
        _isOver = true;
        input.CancelPendingRead();
    }
}
