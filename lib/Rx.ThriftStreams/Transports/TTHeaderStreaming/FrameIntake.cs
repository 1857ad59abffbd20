using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Transports.TTHeaderStreaming;

/// <summary>The reading side of a connection: takes frames from its bytes while the gate is open. One loop a connection.</summary>
internal sealed class FrameIntake(FrameConnection connection, PipeReader input, TimeProvider clock)
{
    // A part of a frame that is held even when the server has no memory left.
    private const int SmallPart = 64 * 1024;

    // Without a limit of its own: frames that are too large are passed over before it sees them.
    private readonly TTHeaderFrameReader _frames = new();
    private readonly OversizeFrames _oversize = new(connection);

    // Streams with new messages whose consumers wait. They are woken once for all messages of a batch.
    private readonly List<FrameStream> _touched = [];
    private long _partialSince;
    private long _held;

    /// <summary>The time since the first byte of a frame that has not come to its end; zero if there is none.</summary>
    internal TimeSpan PartialFor => Volatile.Read(ref _partialSince) is var since and not 0 ? clock.GetElapsedTime(since) : TimeSpan.Zero;

    /// <summary>Reads until the connection ends. Never fails: whatever goes wrong closes the connection.</summary>
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
        var tookFrame = TakeFrames(ref buffer);
        if (connection.Gate.IsClosed)
        {
            // The rest may be whole frames: how long they wait is not the peer's choice.
            Volatile.Write(ref _partialSince, 0);
            input.AdvanceTo(buffer.Start);

            // Not counted meanwhile: bytes that only the opening of the gate can release must not keep it closed.
            Hold(0);
            await connection.Gate.WaitAsync().ConfigureAwait(false);
            return true;
        }

        NotePartial(_oversize.IsInside || !buffer.IsEmpty, tookFrame);
        var left = buffer.Length;
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

    /// <summary>Takes all whole frames, up to one that closes the gate.</summary>
    /// <returns>Whether a frame came to its end.</returns>
    private bool TakeFrames(ref ReadOnlySequence<byte> buffer)
    {
        var tookFrame = false;
        try
        {
            while (SkipOversize(ref buffer, ref tookFrame) && _frames.TryRead(ref buffer, out var frame))
            {
                tookFrame = true;
                connection.Dispatch(frame);
                if (connection.Gate.IsClosed)
                {
                    break;
                }
            }
        }
        finally
        {
            foreach (var stream in _touched)
            {
                stream.Inbox.SetReceived();
            }

            _touched.Clear();
        }

        return tookFrame;
    }

    private bool SkipOversize(ref ReadOnlySequence<byte> buffer, ref bool tookFrame)
    {
        var wasInside = _oversize.IsInside;
        var mayTake = _oversize.Skip(ref buffer);
        tookFrame |= wasInside && mayTake;
        return mayTake;
    }

    /// <summary>
    /// A frame's time runs from its first byte. Bytes alone do not renew it: a peer that sends one now and then, or trickles a frame that is passed over, would
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

    /// <summary>Counts the bytes that were received and belong to no message yet.</summary>
    private void Hold(long bytes)
    {
        if (bytes > _held)
        {
            connection.Memory.Take(bytes - _held);
            _held = bytes;
            if (bytes > SmallPart && connection.Memory.IsParentOver)
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
