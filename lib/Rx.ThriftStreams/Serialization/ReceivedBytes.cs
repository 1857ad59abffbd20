namespace Rx.ThriftStreams.Serialization;

/// <summary>Copies of bytes that were received, as long as they are.</summary>
internal static class ReceivedBytes
{
    /// <summary>Copies bytes into an array that is not cleared first.</summary>
    public static byte[] Copy(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return [];
        }

        var copy = GC.AllocateUninitializedArray<byte>(bytes.Length);
        bytes.CopyTo(copy);
        return copy;
    }
}
