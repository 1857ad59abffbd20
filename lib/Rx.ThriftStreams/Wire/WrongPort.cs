using System.Buffers;

namespace Rx.ThriftStreams.Wire;

/// <summary>What the first bytes of a server, or their absence, say about a port that is not one of TTHeader.</summary>
internal static class WrongPort
{
    /// <summary>For a connection without TLS that ended without a byte.</summary>
    internal const string Unanswered = "if its port expects TLS, use an address with ttheaders://";

    private const int Needed = 5;

    /// <returns><see langword="null"/> if the bytes begin like no other protocol.</returns>
    internal static string? HintFor(ReadOnlySpan<byte> received) => received switch
    {
        // A TLS record of type alert, which has two bytes. No message begins like it: neither Thrift nor the magic of TTHeader follows such a length.
        [0x15, 0x03, <= 0x04, 0x00, 0x02, ..] => "the peer answers with TLS: use an address with ttheaders://.",
        [(byte)'H', (byte)'T', (byte)'T', (byte)'P', ..] => "the peer speaks HTTP/1.1: this is not the port of a TTHeader service.",
        _ => null,
    };

    /// <inheritdoc cref="HintFor(ReadOnlySpan{byte})"/>
    internal static string? HintFor(in ReadOnlySequence<byte> received)
    {
        Span<byte> copy = stackalloc byte[Needed];
        var first = received.Slice(0, Math.Min(Needed, received.Length));
        first.CopyTo(copy);
        return HintFor(copy[..(int)first.Length]);
    }
}
