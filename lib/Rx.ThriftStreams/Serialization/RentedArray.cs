using System.Buffers;

namespace Rx.ThriftStreams.Serialization;

/// <summary>An array of the shared pool that returns to it at most once. One that is never returned is left to the garbage collector.</summary>
internal sealed class RentedArray(byte[] array)
{
    private byte[]? _array = array;

    internal bool IsReturned => Volatile.Read(ref _array) is null;

    internal void Return()
    {
        if (Interlocked.Exchange(ref _array, null) is { } rented)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }
}
