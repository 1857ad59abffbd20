using System.Buffers;
using System.Buffers.Binary;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Transports.TTHeaderStreaming;

/// <summary>
/// Received messages of one stream, end to end in pooled memory: the connection fills one buffer while the consumer empties another.
/// Nothing is allocated for a message, and an empty queue holds no memory.
/// </summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1001", Justification = "The buffers return their memory when they are empty.")]
internal sealed class MessageQueue
{
    private const int LargestGuess = 64 * 1024;

    private ThriftWriteBuffer _filling = new();
    private ThriftWriteBuffer _draining = new();
    private int _position;
    private int _lastBatch;

    /// <summary>Whether there are messages that the consumer has not taken over. Call under the owner's lock.</summary>
    internal bool HasNew => _filling.Length > 0;

    /// <summary>Adds a message. Call under the owner's lock.</summary>
    internal void Add(in ReadOnlySequence<byte> payload)
    {
        var length = (int)payload.Length;
        var size = sizeof(int) + length;

        // A buffer without memory gets as much as was needed last, instead of growing to it step by step.
        var span = _filling.GetSpan(_filling.Capacity == 0 ? Math.Max(size, _lastBatch) : size);
        BinaryPrimitives.WriteInt32LittleEndian(span, length);
        payload.CopyTo(span[sizeof(int)..]);
        _filling.Advance(size);
    }

    /// <summary>Hands the queued messages to the consumer, which has taken all that it took over before. Call under the owner's lock.</summary>
    /// <returns>Whether there are any.</returns>
    internal bool TryTakeOver()
    {
        if (_draining.Length > 0)
        {
            _lastBatch = Math.Min(_draining.Length, LargestGuess);
            _draining.Dispose();
        }

        _position = 0;
        if (_filling.Length == 0)
        {
            return false;
        }

        (_filling, _draining) = (_draining, _filling);
        return true;
    }

    /// <summary>Takes the next message that the consumer has taken over. Called only by the consumer, without the lock; valid until <see cref="TryTakeOver"/>.</summary>
    internal bool TryTake(out ReadOnlySpan<byte> message)
    {
        if (_position == _draining.Length)
        {
            message = default;
            return false;
        }

        var rest = _draining.WrittenSpan[_position..];
        var length = BinaryPrimitives.ReadInt32LittleEndian(rest);
        message = rest.Slice(sizeof(int), length);
        _position += sizeof(int) + length;
        return true;
    }

    /// <summary>Releases what the consumer has not taken over; what it has taken over may be in use and is left to it. Call under the owner's lock.</summary>
    internal void Drop() => _filling.Dispose();
}
