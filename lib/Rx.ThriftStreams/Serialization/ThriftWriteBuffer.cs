using System.Buffers;

namespace Rx.ThriftStreams.Serialization;

/// <summary>A growable byte buffer over pooled memory to which messages are appended.</summary>
/// <remarks>
/// Not thread-safe. While a writer that was created on the buffer has not been flushed, the buffer belongs to that writer.
/// Disposal returns the memory to its pool and invalidates spans and memories taken before.
/// </remarks>
public sealed class ThriftWriteBuffer : IBufferWriter<byte>, IDisposable, IPerThread
{
    private const int DefaultCapacity = 1024;

    private byte[] _array;
    private int _length;

    /// <summary>Creates an empty buffer. Nothing is rented before the first write.</summary>
    public ThriftWriteBuffer() => _array = [];

    /// <summary>Creates an empty buffer that holds at least <paramref name="initialCapacity"/> bytes before it grows.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The capacity is negative.</exception>
    public ThriftWriteBuffer(int initialCapacity)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(initialCapacity);
        _array = initialCapacity == 0 ? [] : ArrayPool<byte>.Shared.Rent(initialCapacity);
    }

    /// <summary>How many bytes were written and flushed.</summary>
    public int Length => _length;

    /// <summary>How many bytes the buffer holds before it grows.</summary>
    public int Capacity => _array.Length;

    /// <summary>The written bytes. Valid until the next write, <see cref="Reset"/> or <see cref="Dispose"/>.</summary>
    public ReadOnlySpan<byte> WrittenSpan => _array.AsSpan(0, _length);

    /// <summary>The written bytes. Valid until the next write, <see cref="Reset"/> or <see cref="Dispose"/>.</summary>
    public ReadOnlyMemory<byte> WrittenMemory => _array.AsMemory(0, _length);

    internal byte[] Array => _array;

    /// <summary>Discards what was written and keeps the memory.</summary>
    public void Reset() => _length = 0;

    /// <summary>Returns the memory to its pool. The buffer is then empty and can be written again.</summary>
    public void Dispose()
    {
        byte[] array = _array;
        _array = [];
        _length = 0;
        if (array.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(array);
        }
    }

    /// <summary>Discards what was written, and the memory where it is larger than <paramref name="largestKept"/> bytes.</summary>
    internal void Recycle(int largestKept)
    {
        if (_array.Length > largestKept)
        {
            Dispose();
        }

        _length = 0;
    }

    void IPerThread.Recycle(int largestKept) => Recycle(largestKept);

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">More bytes than the buffer has room for.</exception>
    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _array.Length - _length);
        _length += count;
    }

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        EnsureRoom(sizeHint);
        return _array.AsMemory(_length);
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0)
    {
        EnsureRoom(sizeHint);
        return _array.AsSpan(_length);
    }

    /// <summary>Appends <paramref name="size"/> bytes to fill in later, such as a length that is not known yet.</summary>
    /// <returns>Where they start, for <see cref="GetWrittenSpan"/>.</returns>
    internal int Skip(int size)
    {
        EnsureRoom(size);
        int start = _length;
        _length += size;
        return start;
    }

    /// <summary>Returns written bytes to patch.</summary>
    internal Span<byte> GetWrittenSpan(int start, int length) => _array.AsSpan(0, _length).Slice(start, length);

    /// <summary>Discards everything after <paramref name="length"/>, such as half of a message that failed to serialize.</summary>
    internal void Truncate(int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)length, (uint)_length, nameof(length));
        _length = length;
    }

    /// <summary>Exchanges memory and content with another buffer.</summary>
    internal void ExchangeWith(ThriftWriteBuffer other)
    {
        (_array, other._array) = (other._array, _array);
        (_length, other._length) = (other._length, _length);
    }

    /// <summary>Makes what a writer has written visible.</summary>
    internal void Commit(int length) => _length = length;

    /// <summary>Makes room for <paramref name="size"/> bytes after the first <paramref name="used"/>, which are kept even if they are not committed.</summary>
    internal void Grow(int used, int size)
    {
        long wanted = (long)used + size;
        if (wanted > System.Array.MaxLength)
        {
            throw new InvalidOperationException($"The message needs {wanted} bytes, but a buffer holds at most {System.Array.MaxLength}. Send it in parts.");
        }

        int doubled = (int)Math.Min(2L * _array.Length, System.Array.MaxLength);
        byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(Math.Max((int)wanted, doubled), DefaultCapacity));
        _array.AsSpan(0, used).CopyTo(larger);
        byte[] old = _array;
        _array = larger;
        if (old.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(old);
        }
    }

    private void EnsureRoom(int sizeHint)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sizeHint);
        int size = Math.Max(sizeHint, 1);
        if (_array.Length - _length < size)
        {
            Grow(_length, size);
        }
    }
}
