using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Transports.TTHeaderStreaming;

/// <summary>
/// The sending side of a connection. Streams append whole frames to one buffer under one lock; a flusher on the thread pool writes whatever
/// has gathered while the write before was under way. An idle connection sends at once, a busy one many frames a system call.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The buffers give their memory back when the connection is idle or has failed.")]
internal sealed class FrameWriter : IThreadPoolWorkItem
{
    // Senders wait above this, so that what is not written stays bounded by this and one message a stream.
    private const int HighWater = 64 * 1024;

    // Answers to frames are not held back; a peer that asks and asks and never reads is cut off.
    private const int MaxUnwrittenControl = 16 * 1024 * 1024;

    private readonly Lock _gate = new();
    private readonly PipeWriter _output;
    private readonly Action<Exception> _onFailed;
    private readonly Action _continue;
    private ThriftWriteBuffer _filling = new();
    private ThriftWriteBuffer _writing = new();
    private List<FrameStream> _waiting = [];
    private List<FrameStream> _waking = [];
    private ConfiguredValueTaskAwaitable<FlushResult>.ConfiguredValueTaskAwaiter _write;
    private TaskCompletionSource? _idle;
    private bool _busy;
    private bool _failed;
    private int _control;
    private int _lastBatch;

    internal FrameWriter(PipeWriter output, Action<Exception> onFailed)
    {
        _output = output;
        _onFailed = onFailed;
        _continue = Continue;
    }

    /// <summary>Appends frames that carry messages. Dropped if the connection has failed, which its streams hear of otherwise.</summary>
    /// <returns>Whether there is room for more; if not, the sender should wait.</returns>
    internal bool Append(ReadOnlySpan<byte> frames)
    {
        bool room;
        lock (_gate)
        {
            if (_failed)
            {
                return true;
            }

            // A buffer that has no memory gets as much as the last batch needed, instead of growing to it step by step.
            frames.CopyTo(_filling.GetSpan(_filling.Capacity == 0 ? Math.Max(frames.Length, _lastBatch) : frames.Length));
            _filling.Advance(frames.Length);
            room = _filling.Length <= HighWater;
            if (_busy)
            {
                return room;
            }

            _busy = true;
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        return room;
    }

    /// <summary>Appends frames that nobody waits for: headers, ends, credit.</summary>
    internal void AppendControl(ReadOnlySpan<byte> frames)
    {
        bool flooded;
        lock (_gate)
        {
            _control += frames.Length;
            flooded = _control > MaxUnwrittenControl && !_failed;
        }

        if (flooded)
        {
            _onFailed(new IOException("The peer does not read what is sent to it."));
            return;
        }

        Append(frames);
    }

    /// <summary>Has a stream woken when there is room.</summary>
    /// <returns><see langword="false"/> if there is room now.</returns>
    internal bool TryWait(FrameStream stream)
    {
        lock (_gate)
        {
            if (_failed || _filling.Length <= HighWater)
            {
                return false;
            }

            _waiting.Add(stream);
            return true;
        }
    }

    /// <summary>Completes when everything that was appended before is written, or cannot be.</summary>
    internal Task WhenIdleAsync()
    {
        lock (_gate)
        {
            if (!_busy)
            {
                return Task.CompletedTask;
            }

            _idle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _idle.Task;
        }
    }

    /// <summary>Nothing more is written.</summary>
    internal void Fail()
    {
        List<FrameStream> waiting;
        lock (_gate)
        {
            _failed = true;
            _filling.Dispose();
            (waiting, _waiting) = (_waiting, []);
        }

        WakeAll(waiting);
    }

    [SuppressMessage("Reliability", "CA2012", Justification = "Its result is taken once, in Continue.")]
    void IThreadPoolWorkItem.Execute()
    {
        lock (_gate)
        {
            if (_failed)
            {
                _busy = false;
                _idle?.TrySetResult();
                return;
            }

            (_filling, _writing) = (_writing, _filling);
            (_waiting, _waking) = (_waking, _waiting);
            _control = 0;
            _lastBatch = Math.Min(_writing.Length, HighWater);
        }

        WakeAll(_waking);
        _waking.Clear();
        try
        {
            _write = _output.WriteAsync(_writing.WrittenMemory).ConfigureAwait(false).GetAwaiter();
        }
        catch (Exception error)
        {
            Stop(error);
            return;
        }

        if (_write.IsCompleted)
        {
            Continue();
        }
        else
        {
            _write.UnsafeOnCompleted(_continue);
        }
    }

    private void Continue()
    {
        try
        {
            var result = _write.GetResult();
            if (result.IsCompleted || result.IsCanceled)
            {
                Stop(new IOException("The connection is closed."));
                return;
            }
        }
        catch (Exception error)
        {
            Stop(error);
            return;
        }

        lock (_gate)
        {
            _writing.Reset();
            if (_filling.Length == 0 || _failed)
            {
                // Idle connections hold no memory.
                _busy = false;
                _writing.Dispose();
                _filling.Dispose();
                _idle?.TrySetResult();
                _idle = null;
                return;
            }
        }

        // Queued instead of done at once: streams that were just woken append to this batch.
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    private void Stop(Exception error)
    {
        Fail();
        lock (_gate)
        {
            _busy = false;
            _writing.Dispose();
            _idle?.TrySetResult();
        }

        _onFailed(error);
    }

    private static void WakeAll(List<FrameStream> streams)
    {
        foreach (var stream in streams)
        {
            stream.WakeSender();
        }
    }
}
