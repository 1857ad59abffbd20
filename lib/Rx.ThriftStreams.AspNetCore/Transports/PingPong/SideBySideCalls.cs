using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.AspNetCore.Transports.PingPong;

/// <summary>The calls of a connection that run side by side, by their sequence ids: each can be given up by its caller. Thread-safe.</summary>
internal sealed class SideBySideCalls
{
    private readonly Lock _gate = new();

    // Callers choose the ids: with a predictable hash they could choose ids that all collide.
    private readonly Dictionary<int, PingPongRequest> _running = new(ThriftComparer.I32);
    private bool _isAborted;

    /// <summary>A call begins. One whose id is in use can only be ended by the loss of the connection.</summary>
    internal void Begin(PingPongRequest request)
    {
        lock (_gate)
        {
            if (!_isAborted && !_running.ContainsKey(request.SequenceId))
            {
                request.Cancellation = new CancellationTokenSource();
                _running.Add(request.SequenceId, request);
            }
        }
    }

    /// <summary>A call has ended.</summary>
    internal void End(PingPongRequest request)
    {
        lock (_gate)
        {
            if (request.Cancellation is not null)
            {
                _running.Remove(request.SequenceId);
            }
        }
    }

    /// <summary>The caller gives a call up. Nothing happens if it has ended.</summary>
    internal void GiveUp(int sequenceId)
    {
        PingPongRequest? request;
        lock (_gate)
        {
            request = _running.GetValueOrDefault(sequenceId);
        }

        if (request is not null)
        {
            request.IsGivenUp = true;
            Cancel(request);
        }
    }

    /// <summary>The connection is lost: cancels all calls.</summary>
    internal void Abort()
    {
        PingPongRequest[] running;
        lock (_gate)
        {
            _isAborted = true;
            running = [.. _running.Values];
        }

        foreach (var request in running)
        {
            Cancel(request);
        }
    }

    // What handlers registered with the token does not belong on the thread that noticed.
    private static void Cancel(PingPongRequest request) => _ = request.Cancellation!.CancelAsync();
}
