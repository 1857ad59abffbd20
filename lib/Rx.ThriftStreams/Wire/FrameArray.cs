using System.Buffers;

namespace Rx.ThriftStreams.Wire;

/// <summary>A rented array that holds one received frame. Whoever keeps the payload takes the array over; otherwise it goes back. Not thread-safe.</summary>
internal sealed class FrameArray : IDisposable
{
    /// <summary>The least bytes for which an array of its own pays.</summary>
    internal const int LeastLength = 16 * 1024;

    private byte[]? _array;

    /// <summary>The array.</summary>
    internal byte[] Bytes => _array ?? throw new InvalidOperationException("No array is rented.");

    /// <summary>Rents an array for a frame of that length.</summary>
    internal byte[] Rent(int length) => _array = ArrayPool<byte>.Shared.Rent(length);

    /// <summary>The array belongs to the caller now, which returns it to the shared pool.</summary>
    internal void Release() => _array = null;

    /// <summary>Returns the array unless somebody took it over.</summary>
    public void Dispose()
    {
        if (_array is { } array)
        {
            _array = null;
            ArrayPool<byte>.Shared.Return(array);
        }
    }
}
