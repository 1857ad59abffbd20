using System.Buffers;
using System.Buffers.Binary;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.AspNetCore.Transports.PingPong;

/// <summary>
/// A request that is larger than allowed. Its head says how to answer it; the rest is discarded as it comes, because a caller that is still writing would
/// not read the answer, and would lose it when the connection is closed.
/// </summary>
internal sealed class OversizeRequest
{
    private readonly BufferedMessageScanner? _scanner;
    private long _rest;

    /// <param name="request">The request, without arguments.</param>
    /// <param name="length">Its size on the wire, in bytes.</param>
    internal OversizeRequest(PingPongRequest request, long length)
    {
        Request = request;
        _rest = length;
    }

    /// <param name="request">The request, without arguments.</param>
    /// <param name="scanner">Finds its end, where nothing announces it; has looked at what is there.</param>
    internal OversizeRequest(PingPongRequest request, BufferedMessageScanner scanner)
    {
        Request = request;
        _scanner = scanner;
        _rest = TTHeaderFormat.MaxFrameLength;
    }

    internal PingPongRequest Request { get; }

    /// <summary>Discards what is there of it.</summary>
    /// <returns>Whether its end was reached.</returns>
    /// <exception cref="ThriftProtocolException">It does not end within what any form may have.</exception>
    internal bool Skip(ref ReadOnlySequence<byte> buffer)
    {
        if (_scanner is null)
        {
            Discard(ref buffer, Math.Min(_rest, buffer.Length));
            return _rest == 0;
        }

        var isComplete = _scanner.TryScan(buffer, out var length);

        // What was looked at is of no use any more; a token of which a part is there stays, to be looked at again.
        var scanned = Math.Min(length, buffer.Length);
        if (scanned > _rest)
        {
            throw new ThriftProtocolException($"a Buffered message does not end within {TTHeaderFormat.MaxFrameLength} bytes.", 0);
        }

        _scanner.Discard(scanned);
        Discard(ref buffer, scanned);
        if (isComplete)
        {
            _scanner.Reset();
        }

        return isComplete;
    }

    /// <summary>Copies the beginning of a message, with lengths as if that was all of it: of a TTHeader frame with the header, of a framed message without the prefix.</summary>
    /// <returns><see langword="false"/> while it is not there.</returns>
    internal static bool TryReadHead(in ReadOnlySequence<byte> buffer, WireProtocol protocol, long length, out ReadOnlySequence<byte> head)
    {
        head = default;
        var prefix = protocol == WireProtocol.Buffered ? 0 : ThriftFraming.PrefixSize;
        if (protocol == WireProtocol.TTHeader)
        {
            if (buffer.Length < TTHeaderFormat.FixedSize)
            {
                return false;
            }

            Span<byte> size = stackalloc byte[2];
            buffer.Slice(TTHeaderFormat.HeaderSizeOffset, 2).CopyTo(size);
            prefix = TTHeaderFormat.FixedSize + (BinaryPrimitives.ReadUInt16BigEndian(size) * 4);
        }

        var headSize = (int)Math.Min(prefix + MessageSize.UncountedEnvelope, length);
        if (buffer.Length < headSize)
        {
            return false;
        }

        var bytes = buffer.Slice(0, headSize).ToArray();
        if (protocol != WireProtocol.Buffered)
        {
            ThriftFraming.WriteLength(bytes, headSize - ThriftFraming.PrefixSize);
        }

        if (protocol != WireProtocol.TTHeader)
        {
            head = new ReadOnlySequence<byte>(bytes, prefix, headSize - prefix);
            return true;
        }

        if (prefix < headSize && ProtocolDetector.DetectPayload(bytes.AsSpan(prefix)) == WireProtocol.Framed)
        {
            ThriftFraming.WriteLength(bytes.AsSpan(prefix), headSize - prefix - ThriftFraming.PrefixSize);
        }

        head = new ReadOnlySequence<byte>(bytes);
        return true;
    }

    private void Discard(ref ReadOnlySequence<byte> buffer, long bytes)
    {
        buffer = buffer.Slice(bytes);
        _rest -= bytes;
    }
}
