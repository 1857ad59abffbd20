namespace Rx.ThriftStreams.Wire;

/// <summary>The position of a value in the header info. The default means that the key is missing: a value never starts at 0.</summary>
internal readonly record struct HeaderRange(int Start, ushort Length)
{
    public bool IsPresent => Start != 0;

    public ReadOnlySpan<byte> Of(ReadOnlySpan<byte> info) => info.Slice(Start, Length);
}
