using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.Sockets;

/// <summary>
/// The sending side of a connection that streams or calls share. They append whole frames to one buffer under one lock; a flusher on the thread pool writes what has accumulated during
/// the previous write. An idle connection sends immediately, a busy one sends many frames per system call.
/// </summary>
/// <remarks>
/// Invariant: while a sender waits for room, a flush is under way or queued (<see cref="_busy"/>), and each flush wakes waiting senders when it begins. It wakes
/// a few, in the order in which they came; each that appends and leaves room wakes the next. If those that were woken append nothing, because their calls
/// have ended, the flusher wakes all others before it becomes idle, so no sender is left waiting for a flush that does not come.
/// <para>
/// At most one thread holds the duty to flush: the one that changed <see cref="_busy"/> from <see langword="false"/> passes it to the thread pool, and it ends in
/// <see cref="BecomeIdle"/>. Only its holder uses the buffer that is being written, the write itself and the list of senders to wake; all other state is used under the lock.
/// </para>
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "The buffers return their memory when the connection is idle or has failed.")]
internal sealed class BatchWriter : IThreadPoolWorkItem
{
    // Senders wait above this, so unwritten bytes are bounded by this, one message, and control frames.
    private const int HighWater = 64 * 1024;

    // Answers to frames are not held back; a peer that keeps sending requests and never reads is disconnected.
    private const int MaxUnwrittenControl = 16 * 1024 * 1024;

    private const int WokenByAFlush = 8;

    private const int LeastExchanged = 16 * 1024;

    private readonly Lock _gate = new();
    private readonly PipeWriter _output;
    private readonly PeerMemory _memory;
    private readonly Action<Exception> _onFailed;
    private readonly Action _continue;
    private readonly RoomQueue _waiting = new();

    // Used only by the flusher, while it holds the duty to flush.
    private readonly List<IRoomWaiter> _taken = [];

    private ThriftWriteBuffer _filling = new();
    private ThriftWriteBuffer _writing = new();
    private ConfiguredValueTaskAwaitable<FlushResult>.ConfiguredValueTaskAwaiter _write;
    private TaskCompletionSource? _idle;
    private bool _busy;
    private bool _failed;
    private volatile bool _full;
    private long _charged;
    private WriteProgress _progress;
    private int _written;
    private int _control;
    private int _lastBatch;

    /// <param name="output">The connection's bytes.</param>
    /// <param name="memory">The budget of the connection, to which unwritten bytes are charged.</param>
    /// <param name="clock">The clock of <see cref="StalledFor"/>.</param>
    /// <param name="onFailed">Called when writing fails, or when the peer sends requests without reading the answers.</param>
    internal BatchWriter(PipeWriter output, PeerMemory memory, TimeProvider clock, Action<Exception> onFailed)
    {
        _output = output;
        _memory = memory;
        _progress = new WriteProgress(clock);
        _onFailed = onFailed;
        _continue = Continue;
    }

    /// <summary>Whether a message may be appended. Another sender may take the room first.</summary>
    internal bool HasRoom => !_full;

    /// <summary>How long the current write has made no progress; zero if there is none.</summary>
    internal TimeSpan StalledFor => _progress.StalledFor;

    /// <summary>Appends frames that carry messages if there is room for them.</summary>
    internal AppendResult TryAppend(ReadOnlySpan<byte> frames) => TryAppend(frames, exchangeable: null);

    /// <summary>Appends frames that carry messages if there is room for them. Large ones that nothing waits before are not copied: the buffers are exchanged.</summary>
    /// <param name="frames">The frames. It may hold anything afterwards.</param>
    internal AppendResult TryAppend(ThriftWriteBuffer frames) => TryAppend(frames.WrittenSpan, frames.Length < LeastExchanged ? null : frames);

    private AppendResult TryAppend(ReadOnlySpan<byte> frames, ThriftWriteBuffer? exchangeable)
    {
        IRoomWaiter? next = null;
        bool start;
        lock (_gate)
        {
            if (_failed)
            {
                return AppendResult.Failed;
            }

            if (_full)
            {
                return AppendResult.NoRoom;
            }

            start = exchangeable is not null && _filling.Length == 0 ? Exchange(exchangeable) : Add(frames);
            if (!_full)
            {
                next = _waiting.Take();
            }
        }

        next?.Wake();
        if (start)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }

        return AppendResult.Appended;
    }

    /// <summary>Appends a frame, after waiting for room if necessary.</summary>
    /// <returns><see langword="false"/> if the connection has failed.</returns>
    internal ValueTask<bool> AppendAsync(ReadOnlyMemory<byte> frame)
        => TryAppend(frame.Span) is not AppendResult.NoRoom and var result ? new(result == AppendResult.Appended) : AwaitAppendAsync(frame);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> AwaitAppendAsync(ReadOnlyMemory<byte> frame)
    {
        AppendResult result;
        while ((result = TryAppend(frame.Span)) == AppendResult.NoRoom)
        {
            var wait = new RoomQueue.Waiter();
            if (TryWait(wait))
            {
                await wait.Task.ConfigureAwait(false);
            }
        }

        return result == AppendResult.Appended;
    }

    /// <summary>Appends frames without waiting for room: headers, ends, credit. They are dropped if the connection has failed; its streams learn of the failure by other means.</summary>
    internal void AppendControl(ReadOnlySpan<byte> frames)
    {
        bool start;
        lock (_gate)
        {
            if (_failed)
            {
                return;
            }

            _control += frames.Length;
            if (_control <= MaxUnwrittenControl && (_control <= HighWater || !_memory.IsParentOver))
            {
                start = Add(frames);
                frames = default;
            }
            else
            {
                start = false;
            }
        }

        if (!frames.IsEmpty)
        {
            _onFailed(new IOException("The peer does not read what is sent to it."));
        }
        else if (start)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    /// <summary>Registers a sender to be woken when there is room.</summary>
    /// <returns><see langword="false"/> if there is room now, or never again.</returns>
    internal bool TryWait(IRoomWaiter sender)
    {
        lock (_gate)
        {
            if (_failed || !_full)
            {
                return false;
            }

            _waiting.Enqueue(sender);
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

    /// <summary>Stops writing, and wakes all waiting senders.</summary>
    internal void Fail()
    {
        IRoomWaiter[] waiting;
        lock (_gate)
        {
            _failed = true;
            _filling.Dispose();
            Charge();
            waiting = _waiting.TakeAll();
        }

        WakeAll(waiting);
    }

    void IThreadPoolWorkItem.Execute()
    {
        lock (_gate)
        {
            if (_failed)
            {
                BecomeIdle();
                return;
            }

            (_filling, _writing) = (_writing, _filling);
            _full = false;
            _control = 0;
            _lastBatch = Math.Min(_writing.Length, HighWater);
            _waiting.Take(WokenByAFlush, _taken);
        }

        // Outside the lock: a woken sender may append immediately.
        foreach (var sender in _taken)
        {
            sender.Wake();
        }

        _taken.Clear();
        _written = 0;
        Write();
    }

    [SuppressMessage("Reliability", "CA2012", Justification = "Its result is taken once, in Complete.")]
    private void Write()
    {
        do
        {
            try
            {
                var part = _progress.Begin(_writing.WrittenMemory[_written..]);
                _written += part.Length;
                _write = _output.WriteAsync(part).ConfigureAwait(false).GetAwaiter();
            }
            catch (Exception error)
            {
                Stop(error);
                return;
            }

            if (!_write.IsCompleted)
            {
                _write.UnsafeOnCompleted(_continue);
                return;
            }
        }
        while (Complete());
    }

    private void Continue()
    {
        if (Complete())
        {
            Write();
        }
    }

    /// <summary>A part of the batch was written.</summary>
    /// <returns>Whether there is another part.</returns>
    private bool Complete()
    {
        try
        {
            var result = _write.GetResult();
            if (result.IsCompleted || result.IsCanceled)
            {
                Stop(new IOException("The connection is closed."));
                return false;
            }
        }
        catch (Exception error)
        {
            Stop(error);
            return false;
        }

        _progress.End();
        if (_written < _writing.Length)
        {
            return true;
        }

        IRoomWaiter[] rest;
        lock (_gate)
        {
            _writing.Reset();
            if (_filling.Length > 0 && !_failed)
            {
                // Queued instead of done immediately: streams that were just woken append to this batch.
                ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
                return false;
            }

            // In a separate array: as soon as the lock is released another flush may begin, and use the list.
            rest = _waiting.TakeAll();
            BecomeIdle();
        }

        WakeAll(rest);
        return false;
    }

    private void Stop(Exception error)
    {
        // Notify the owner first: otherwise a send could fail before its stream knows of the loss, and the handler would end with the wrong reason.
        _onFailed(error);
        Fail();
        lock (_gate)
        {
            BecomeIdle();
        }
    }

    // Called under the lock, like the methods that follow, up to BecomeIdle.
    private bool Add(ReadOnlySpan<byte> frames)
    {
        // A buffer that has no memory gets as much as the last batch needed, instead of growing to it step by step.
        frames.CopyTo(_filling.GetSpan(_filling.Capacity == 0 ? Math.Max(frames.Length, _lastBatch) : frames.Length));
        _filling.Advance(frames.Length);
        return Filled();
    }

    private bool Exchange(ThriftWriteBuffer frames)
    {
        _filling.ExchangeWith(frames);
        return Filled();
    }

    private bool Filled()
    {
        _full = _filling.Length > HighWater;
        Charge();
        var start = !_busy;
        _busy = true;
        return start;
    }

    /// <summary>Charges the memory of both buffers. It changes when a buffer grows or is returned to the pool, not with every frame.</summary>
    private void Charge()
    {
        var held = (long)_filling.Capacity + _writing.Capacity;
        if (held > _charged)
        {
            _memory.Take(held - _charged);
        }
        else if (held < _charged)
        {
            _memory.Return(_charged - held);
        }

        _charged = held;
    }

    private void BecomeIdle()
    {
        // Idle connections hold no memory.
        _busy = false;
        _full = false;
        _progress.End();
        _writing.Dispose();
        _filling.Dispose();
        Charge();
        _idle?.TrySetResult();
        _idle = null;
    }

    private static void WakeAll(IRoomWaiter[] senders)
    {
        foreach (var sender in senders)
        {
            sender.Wake();
        }
    }
}
