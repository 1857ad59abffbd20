using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Rx.ThriftStreams.Sockets;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Transports.TTHeaderStreaming;

/// <summary>The reading side of a connection: reads frames while the gate is open. One loop per connection.</summary>
/// <param name="connection">The connection.</param>
/// <param name="input">Its bytes.</param>
/// <param name="direct">Its bytes without the pipe, where there is a way around it: the rest of a large frame is then read straight into the array that its consumer gets.</param>
/// <param name="clock">The clock of <see cref="PartialFor"/>.</param>
[SuppressMessage("Design", "CA1001", Justification = "The array is returned when the loop ends.")]
internal sealed class FrameIntake(FrameConnection connection, PipeReader input, IDirectInput? direct, TimeProvider clock)
{
    // An array is rented for the whole frame before the rest of it is there. What a peer only announces must not cost more than this, or than so many times the part that has arrived.
    private const int AnnouncedArray = 1024 * 1024;
    private const int ArrayPerByte = 32;

    // A part of a frame that is held even when the server has no memory left.
    private const int SmallPart = 64 * 1024;

    // Without its own limit: frames that are too large are discarded before they reach it.
    private readonly TTHeaderFrameReader _frames = new();
    private readonly OversizeFrames _oversize = new(connection);
    private readonly FrameArray _array = new();

    // Streams with new messages whose consumers wait. They are woken once for all messages of a batch.
    private readonly List<FrameStream> _touched = [];
    private volatile bool _hasReceived;
    private long _partialSince;
    private long _held;

    /// <summary>The time since the first byte of an incomplete frame; zero if there is none.</summary>
    internal TimeSpan PartialFor => Volatile.Read(ref _partialSince) is var since and not 0 ? clock.GetElapsedTime(since) : TimeSpan.Zero;

    /// <summary>Whether anything has ever arrived.</summary>
    internal bool HasReceived => _hasReceived;

    /// <summary>Reads until the connection ends. Never throws: every failure closes the connection.</summary>
    internal async Task RunAsync()
    {
        try
        {
            while (!connection.IsClosed && await ReadAsync().ConfigureAwait(false))
            {
            }
        }
        catch (ThriftException error) when (error.Kitex is { IsStream: true })
        {
            connection.Close(error);
        }
        catch (ThriftProtocolException error)
        {
            connection.Close(connection.IllegalFrame(error.Message, error));
        }
        catch (Exception error)
        {
            connection.Close(connection.Lost(error));
        }
        finally
        {
            Hold(0);
            _array.Dispose();
        }
    }

    internal void OnTouched(FrameStream stream) => _touched.Add(stream);

    /// <returns>Whether there may be more to read.</returns>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> ReadAsync()
    {
        var result = await input.ReadAsync().ConfigureAwait(false);
        if (result.IsCanceled)
        {
            return false;
        }

        var buffer = result.Buffer;
        if (!buffer.IsEmpty)
        {
            _hasReceived = true;
        }

        var tookFrame = TakeFrames(ref buffer);
        if (connection.Gate.IsClosed)
        {
            // The rest may be whole frames: how long they wait is not up to the peer.
            Volatile.Write(ref _partialSince, 0);
            input.AdvanceTo(buffer.Start);

            // Not counted meanwhile: bytes that only the opening of the gate can release must not keep it closed.
            Hold(0);
            await connection.Gate.WaitAsync().ConfigureAwait(false);
            return true;
        }

        NotePartial(_oversize.IsInside || !buffer.IsEmpty, tookFrame);
        var left = buffer.Length;
        if (direct is not null && !result.IsCompleted && !_oversize.IsInside && left > 0 && IsLargeRest(left))
        {
            var length = (int)_frames.NeededBytes;
            buffer.CopyTo(_array.Rent(length));
            input.AdvanceTo(buffer.End);
            Hold(length);
            await ReadRestAsync(direct, (int)left, length).ConfigureAwait(false);
            return true;
        }

        Hold(left);
        input.AdvanceTo(buffer.Start, buffer.End);
        if (result.IsCompleted)
        {
            connection.Close(left == 0 && !_oversize.IsInside
                ? connection.Lost(cause: null)
                : connection.Lost("the connection ended within a frame: unexpected EOF"));
            return false;
        }

        return true;
    }

    private bool IsLargeRest(long left)
        => _frames.NeededBytes is var needed && needed <= Math.Max(AnnouncedArray, ArrayPerByte * left) && needed - left >= FrameArray.LeastLength;

    /// <summary>Reads the rest of a frame whose beginning is in the array, and takes it.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask ReadRestAsync(IDirectInput direct, int read, int length)
    {
        while (read < length)
        {
            var more = await direct.ReadAsync(_array.Bytes.AsMemory(read, length - read)).ConfigureAwait(false);
            if (more == 0)
            {
                throw connection.Lost("the connection ended within a frame: unexpected EOF");
            }

            read += more;
        }

        Volatile.Write(ref _partialSince, 0);
        Hold(0);
        TakeArray(length);
        if (connection.Gate.IsClosed)
        {
            await connection.Gate.WaitAsync().ConfigureAwait(false);
        }
    }

    private void TakeArray(int length)
    {
        var frames = new ReadOnlySequence<byte>(_array.Bytes, 0, length);
        try
        {
            _ = _frames.TryRead(ref frames, out var frame);
            connection.Dispatch(frame, _array);
        }
        finally
        {
            _array.Dispose();
            WakeTouched();
        }
    }

    /// <summary>Takes all whole frames, up to one that closes the gate.</summary>
    /// <returns>Whether a frame was completed.</returns>
    private bool TakeFrames(ref ReadOnlySequence<byte> buffer)
    {
        var tookFrame = false;
        try
        {
            while (SkipOversize(ref buffer, ref tookFrame) && _frames.TryRead(ref buffer, out var frame))
            {
                tookFrame = true;
                connection.Dispatch(frame, owner: null);
                if (connection.Gate.IsClosed)
                {
                    break;
                }
            }
        }
        finally
        {
            WakeTouched();
        }

        return tookFrame;
    }

    private void WakeTouched()
    {
        foreach (var stream in _touched)
        {
            stream.Inbox.SetReceived();
        }

        _touched.Clear();
    }

    private bool SkipOversize(ref ReadOnlySequence<byte> buffer, ref bool tookFrame)
    {
        var wasInside = _oversize.IsInside;
        var mayTake = _oversize.Skip(ref buffer);
        tookFrame |= wasInside && mayTake;
        return mayTake;
    }

    /// <summary>
    /// A frame's time runs from its first byte. Further bytes do not renew it: otherwise a peer that sends single bytes, or trickles a frame that is being discarded, would
    /// never run out of time.
    /// </summary>
    private void NotePartial(bool isPartial, bool tookFrame)
    {
        if (!isPartial)
        {
            Volatile.Write(ref _partialSince, 0);
        }
        else if (tookFrame || _partialSince == 0)
        {
            Volatile.Write(ref _partialSince, Math.Max(1, clock.GetTimestamp()));
        }
    }

    /// <summary>Charges the bytes that were received and do not belong to a message yet.</summary>
    private void Hold(long bytes)
    {
        if (bytes > _held)
        {
            connection.Memory.Take(bytes - _held);
            _held = bytes;
            if (bytes > SmallPart && connection.Memory.IsParentNearlyOver)
            {
                throw connection.OutOfMemory();
            }
        }
        else if (bytes < _held)
        {
            connection.Memory.Return(_held - bytes);
            _held = bytes;
        }
    }
}
