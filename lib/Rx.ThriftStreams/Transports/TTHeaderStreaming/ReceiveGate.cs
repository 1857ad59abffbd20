using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.Transports.TTHeaderStreaming;

/// <summary>
/// Stops reading a connection while there is no room for what it carries: in one stream, which happens with peers without flow control, or in the whole
/// connection.
/// </summary>
/// <remarks>
/// Only the connection's reader closes the gate, and it checks again afterwards: the consumer may make room between the reader's check and the closing, when
/// it sees an open gate and wakes nothing. Consumers, the end of the connection and its sweep open it.
/// </remarks>
internal sealed class ReceiveGate(PeerMemory memory, StreamLimits limits)
{
    private readonly Lock _gate = new();
    private volatile FrameStream? _fullStream;
    private volatile bool _connectionFull;
    private volatile bool _lifted;
    private TaskCompletionSource? _opened;

    /// <summary>Whether reading is stopped.</summary>
    internal bool IsClosed => !_lifted && (_connectionFull || _fullStream is not null);

    /// <summary>The stream that reading waits for, if it is a single one.</summary>
    internal FrameStream? FullStream => _fullStream;

    /// <summary>Whether a stream holds more than it may.</summary>
    internal bool IsOver(FrameStream stream)
    {
        // A peer that keeps to its window may overdraw it by one message, and by what it sent before it knew of the window.
        var limit = (long)limits.StreamBytes + (stream.PeerKeepsWindow ? limits.MaxMessageSize + StreamLimits.MessageOverhead : 0);
        return stream.Inbox.QueuedBytes > limit;
    }

    /// <summary>Closes the gate until the stream has room.</summary>
    internal void CloseFor(FrameStream stream)
    {
        lock (_gate)
        {
            _opened ??= NewWait();
            _fullStream = stream;
        }

        OnReleased(stream);
    }

    /// <summary>Closes the gate until the connection has room.</summary>
    internal void CloseForConnection(FrameStream stream)
    {
        lock (_gate)
        {
            _opened ??= NewWait();
            _connectionFull = true;
        }

        OnReleased(stream);
    }

    /// <summary>A stream has consumed or dropped messages.</summary>
    internal void OnReleased(FrameStream stream)
    {
        // Slightly below the limit, so that the gate does not open and close with every message.
        if ((ReferenceEquals(_fullStream, stream) && !IsOver(stream)) || (_connectionFull && memory.Used <= memory.Limit - (memory.Limit / 16)))
        {
            Open();
        }
    }

    /// <summary>
    /// Opens the gate if nothing else will: the memory may have been held by headers of calls, or by answers that have been written since, whose release does not
    /// pass through <see cref="OnReleased"/>.
    /// </summary>
    internal void Recheck(bool hasQueued)
    {
        if (_connectionFull && (!hasQueued || !memory.IsOver))
        {
            Open();
        }
    }

    /// <summary>
    /// Opens the gate permanently: the connection is closed, or its peer is gone. What the peer has sent before is then bounded by the buffers of the system, and
    /// must be read to reach the end.
    /// </summary>
    internal void Lift()
    {
        _lifted = true;
        Open();
    }

    internal Task WaitAsync()
    {
        lock (_gate)
        {
            return _lifted ? Task.CompletedTask : _opened?.Task ?? Task.CompletedTask;
        }
    }

    private void Open()
    {
        lock (_gate)
        {
            _fullStream = null;
            _connectionFull = false;
            _opened?.TrySetResult();
            _opened = null;
        }
    }

    private static TaskCompletionSource NewWait() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
