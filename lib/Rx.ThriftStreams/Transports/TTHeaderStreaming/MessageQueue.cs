using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Transports.TTHeaderStreaming;

/// <summary>
/// Received messages of one stream in pooled memory: the connection fills one part while the consumer empties another. Small messages lie end to end in a buffer; a large one has an array of its
/// own, so that it is neither copied when the buffer grows nor, if it was received into such an array, at all. Nothing is allocated for a message, and an empty queue holds no memory.
/// </summary>
internal sealed class MessageQueue
{
    // In the place of the length: the message is the next one that has an array.
    private const int HasArray = -1;

    private const int LargestGuess = 64 * 1024;

    private Part _filling = new();
    private Part _draining = new();
    private byte[]? _taken;
    private int _position;
    private int _lastBatch;

    /// <summary>Whether there are messages that the consumer has not taken over. Call under the owner's lock.</summary>
    internal bool HasNew => _filling.Bytes.Length > 0;

    /// <summary>Adds a message. Call under the owner's lock.</summary>
    /// <param name="payload">The message.</param>
    /// <param name="owner">The array that holds nothing else, which is taken; <see langword="null"/> if the message must be copied.</param>
    internal void Add(in ReadOnlySequence<byte> payload, FrameArray? owner)
    {
        var length = (int)payload.Length;
        if (length < FrameArray.LeastLength)
        {
            var span = Reserve(sizeof(int) + length);
            BinaryPrimitives.WriteInt32LittleEndian(span, length);
            payload.CopyTo(span[sizeof(int)..]);
            _filling.Bytes.Advance(sizeof(int) + length);
            return;
        }

        BinaryPrimitives.WriteInt32LittleEndian(Reserve(sizeof(int)), HasArray);
        _filling.Bytes.Advance(sizeof(int));
        if (owner is not null && MemoryMarshal.TryGetArray(payload.First, out var own))
        {
            owner.Release();
            _filling.Add(own);
            return;
        }

        var copy = ArrayPool<byte>.Shared.Rent(length);
        payload.CopyTo(copy);
        _filling.Add(new ArraySegment<byte>(copy, 0, length));
    }

    /// <summary>The array of the message that was taken last, if it has one. Whoever keeps it sets <see langword="null"/>.</summary>
    internal ref byte[]? TakenArray => ref _taken;

    /// <summary>Hands the queued messages to the consumer, which has taken all that it took over before. Call under the owner's lock.</summary>
    /// <returns>Whether there are any.</returns>
    internal bool TryTakeOver()
    {
        ReturnTaken();
        if (_draining.Bytes.Length > 0)
        {
            _lastBatch = Math.Min(_draining.Bytes.Length, LargestGuess);
            _draining.Bytes.Dispose();
        }

        _position = 0;
        if (!HasNew)
        {
            return false;
        }

        (_filling, _draining) = (_draining, _filling);
        return true;
    }

    /// <summary>Takes the next message that the consumer has taken over. Called only by the consumer, without the lock; valid until it is called again, or <see cref="TryTakeOver"/> is.</summary>
    internal bool TryTake(out ReadOnlySpan<byte> message)
    {
        ReturnTaken();
        if (_position == _draining.Bytes.Length)
        {
            message = default;
            return false;
        }

        var rest = _draining.Bytes.WrittenSpan[_position..];
        var length = BinaryPrimitives.ReadInt32LittleEndian(rest);
        _position += sizeof(int);
        if (length == HasArray)
        {
            var own = _draining.TakeArray();
            _taken = own.Array;
            message = own;
            return true;
        }

        message = rest.Slice(sizeof(int), length);
        _position += length;
        return true;
    }

    /// <summary>Releases what the consumer has not taken over; what it has taken over may be in use and is left to it. Call under the owner's lock.</summary>
    internal void Drop() => _filling.Drop();

    // A buffer without memory gets as much as was needed last, instead of growing to it step by step.
    private Span<byte> Reserve(int size) => _filling.Bytes.GetSpan(_filling.Bytes.Capacity == 0 ? Math.Max(size, _lastBatch) : size);

    private void ReturnTaken()
    {
        if (_taken is { } taken)
        {
            _taken = null;
            ArrayPool<byte>.Shared.Return(taken);
        }
    }

    [SuppressMessage("Design", "CA1001", Justification = "The buffer returns its memory when it is empty.")]
    private sealed class Part
    {
        // Most streams never have a large message.
        private Queue<ArraySegment<byte>>? _arrays;

        internal ThriftWriteBuffer Bytes { get; } = new();

        internal void Add(ArraySegment<byte> message) => (_arrays ??= new()).Enqueue(message);

        internal ArraySegment<byte> TakeArray() => _arrays!.Dequeue();

        internal void Drop()
        {
            Bytes.Dispose();
            while (_arrays is not null && _arrays.TryDequeue(out var message))
            {
                ArrayPool<byte>.Shared.Return(message.Array!);
            }
        }
    }
}
