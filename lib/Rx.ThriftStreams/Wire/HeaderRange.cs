namespace Rx.ThriftStreams.Wire;

/// <summary>Where a value stands in the header info. The default says that the key was not there: no value starts at 0.</summary>
internal readonly record struct HeaderRange(int Start, ushort Length)
{
    public bool IsPresent => Start != 0;

    public ReadOnlySpan<byte> Of(ReadOnlySpan<byte> info) => info.Slice(Start, Length);
}
