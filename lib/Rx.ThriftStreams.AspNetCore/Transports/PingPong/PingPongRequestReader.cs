using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.AspNetCore.Transports.PingPong;

/// <summary>Takes requests off the front of a connection's buffer. A connection may change its form from request to request. One instance per connection.</summary>
/// <remarks>Nothing here recurses: a request is at most one mesh header, then one message, and a message that is too large is discarded step by step.</remarks>
/// <param name="maxMessageSize">The largest struct of arguments, in bytes.</param>
internal sealed class PingPongRequestReader(int maxMessageSize)
{
    /// <summary>The refusal of a request for which the server has no memory.</summary>
    internal const string OutOfMemory = "rpc error: code = 8 desc = the connections of this server hold as much memory as they may";

    private readonly TTHeaderFrameReader _frames = new();
    private readonly RequestTexts _texts = new();
    private readonly BufferedMessageScanner _scanner = new(TTHeaderFormat.MaxFrameLength);
    private ThriftMetadata? _meshPairs;
    private OversizeRequest? _oversize;

    /// <summary>Whether a request has begun of which nothing is in the buffer: its mesh header was taken, or it is too large and being discarded.</summary>
    internal bool IsWithinRequest => _oversize is not null || _meshPairs is not null;

    private int Limit => MessageSize.WithEnvelope(maxMessageSize);

    /// <summary>Takes one request.</summary>
    /// <returns><see langword="false"/> while it is not complete.</returns>
    /// <exception cref="ThriftException">The bytes are not a request; the connection cannot be used further.</exception>
    internal bool TryRead(ref ReadOnlySequence<byte> buffer, [NotNullWhen(true)] out PingPongRequest? request)
    {
        request = null;
        if (_oversize is not null)
        {
            return TrySkip(ref buffer, out request);
        }

        // The message after a mesh header is Framed or Buffered, as in Kitex: a second header is an error like any other bytes.
        var protocol = _meshPairs is null ? ProtocolDetector.DetectMessage(buffer) : ProtocolDetector.DetectPayload(buffer);
        if (protocol == WireProtocol.Mesh)
        {
            if (!TryTakeMeshHeader(ref buffer))
            {
                return false;
            }

            protocol = ProtocolDetector.DetectPayload(buffer);
        }

        return protocol switch
        {
            WireProtocol.NeedMore => false,
            WireProtocol.TTHeader => TryReadTTHeader(ref buffer, out request),
            WireProtocol.Framed => TryReadFramed(ref buffer, out request),
            WireProtocol.Buffered => TryReadBuffered(ref buffer, out request),
            _ => throw Invalid(buffer, protocol),
        };
    }

    /// <summary>Refuses the request of which the buffer has the beginning, because there is no memory for the rest: it is discarded as it comes.</summary>
    /// <returns><see langword="false"/> while too little of it is there to answer it.</returns>
    internal bool TryRefuse(ref ReadOnlySequence<byte> buffer)
    {
        if (_oversize is not null)
        {
            return true;
        }

        var protocol = _meshPairs is null ? ProtocolDetector.DetectMessage(buffer) : ProtocolDetector.DetectPayload(buffer);
        switch (protocol)
        {
            case WireProtocol.TTHeader or WireProtocol.Framed when MessageSize.TryReadLengths(buffer, protocol, out var total, out _):
                _ = TryBeginSkip(ref buffer, protocol, total, OutOfMemory, out _);
                break;

            case WireProtocol.Buffered:
                _ = TryBeginSkip(ref buffer, protocol, _scanner.NeededBytes, OutOfMemory, out _);
                break;
        }

        return _oversize is not null;
    }

    private bool TryTakeMeshHeader(ref ReadOnlySequence<byte> buffer)
    {
        if (!MeshHeader.TryRead(ref buffer, out var mesh))
        {
            return false;
        }

        // The message after it may not be there yet: what the header says waits for it.
        _meshPairs = new ThriftMetadata();
        foreach (var pair in mesh.Pairs)
        {
            _meshPairs.AddReceived(Encoding.UTF8.GetString(pair.Key).ToLowerInvariant(), Encoding.UTF8.GetString(pair.Value));
        }

        return true;
    }

    private bool TryReadTTHeader(ref ReadOnlySequence<byte> buffer, [NotNullWhen(true)] out PingPongRequest? request)
    {
        request = null;
        if (!MessageSize.TryReadLengths(buffer, WireProtocol.TTHeader, out var total, out var payload))
        {
            return false;
        }

        if (IsTooLarge(total, payload))
        {
            return TryBeginSkip(ref buffer, WireProtocol.TTHeader, total, TooLarge(payload), out request);
        }

        if (!_frames.TryRead(ref buffer, out var frame))
        {
            return false;
        }

        PayloadChecksum.Verify(frame);
        request = Read(frame);
        return true;
    }

    private bool TryReadFramed(ref ReadOnlySequence<byte> buffer, [NotNullWhen(true)] out PingPongRequest? request)
    {
        request = null;
        if (MessageSize.TryReadLengths(buffer, WireProtocol.Framed, out var total, out var length) && IsTooLarge(total, length))
        {
            return TryBeginSkip(ref buffer, WireProtocol.Framed, total, TooLarge(length), out request);
        }

        if (!ThriftFraming.TryRead(ref buffer, Limit, out var message, out _))
        {
            return false;
        }

        request = Read(message, PingPongForm.Framed);
        return true;
    }

    private bool TryReadBuffered(ref ReadOnlySequence<byte> buffer, [NotNullWhen(true)] out PingPongRequest? request)
    {
        request = null;
        try
        {
            if (_scanner.TryScan(buffer, out var length))
            {
                _scanner.Reset();
                request = Read(buffer.Slice(0, length), PingPongForm.Buffered);
                buffer = buffer.Slice(length);
                return true;
            }
        }
        catch (ThriftProtocolException)
        {
            // Its beginning says how to answer it. Its arguments fail to decode where the scan failed, as they do in forms with lengths.
            request = Read(buffer, PingPongForm.Buffered);
            TakeLast(ref buffer, request);
            return true;
        }

        var least = _scanner.NeededBytes;
        return least > Limit && TryBeginSkip(ref buffer, WireProtocol.Buffered, least, TooLarge(least), out request);
    }

    private PingPongRequest Read(in TTHeaderFrame frame)
    {
        var message = ProtocolDetector.GetMessage(frame.Payload, out var framed);
        var request = Read(message, framed ? PingPongForm.TTHeaderFramed : PingPongForm.TTHeader);
        request.ReadHeader(frame, _texts);
        return request;
    }

    private PingPongRequest Read(in ReadOnlySequence<byte> message, PingPongForm form)
    {
        var request = PingPongRequest.Read(message, form, maxMessageSize, _texts);
        if (_meshPairs is { } pairs)
        {
            request.Headers.AddRange(pairs);
            _meshPairs = null;
        }

        return request;
    }

    /// <summary>Lengths are checked before anything is waited for. Those that no form may have are left to the reader of the form, which ends the connection.</summary>
    private bool IsTooLarge(long total, long message) => message > Limit && total <= TTHeaderFormat.MaxFrameLength;

    private bool TryBeginSkip(ref ReadOnlySequence<byte> buffer, WireProtocol protocol, long total, string refusal, [NotNullWhen(true)] out PingPongRequest? request)
    {
        request = null;
        if (!OversizeRequest.TryReadHead(buffer, protocol, total, out var head))
        {
            return false;
        }

        PingPongRequest answerable;
        if (protocol == WireProtocol.TTHeader)
        {
            _ = _frames.TryRead(ref head, out var frame);
            answerable = Read(frame);
        }
        else
        {
            answerable = Read(head, protocol == WireProtocol.Framed ? PingPongForm.Framed : PingPongForm.Buffered);
        }

        answerable.Body = default;
        answerable.Refusal = refusal;
        _oversize = protocol == WireProtocol.Buffered ? new OversizeRequest(answerable, _scanner) : new OversizeRequest(answerable, total);
        return TrySkip(ref buffer, out request);
    }

    private bool TrySkip(ref ReadOnlySequence<byte> buffer, [NotNullWhen(true)] out PingPongRequest? request)
    {
        request = null;
        try
        {
            if (!_oversize!.Skip(ref buffer))
            {
                return false;
            }

            request = _oversize.Request;
        }
        catch (ThriftProtocolException)
        {
            request = _oversize!.Request;
            TakeLast(ref buffer, request);
        }

        _oversize = null;
        return true;
    }

    /// <summary>What follows the request cannot be told from it.</summary>
    private static void TakeLast(ref ReadOnlySequence<byte> buffer, PingPongRequest request)
    {
        request.IsLast = true;
        buffer = buffer.Slice(buffer.End);
    }

    private string TooLarge(long size) => PingPongRequest.TooLarge(size, maxMessageSize);

    private static ThriftProtocolException Invalid(in ReadOnlySequence<byte> buffer, WireProtocol protocol)
    {
        if (protocol == WireProtocol.FramedKitexProtobuf)
        {
            return new ThriftProtocolException("The message is Kitex Protobuf, which is not served here.", 0);
        }

        Span<byte> first = stackalloc byte[8];
        buffer.Slice(0, 8).CopyTo(first);
        return new ThriftProtocolException(
            $"invalid payload (first4Bytes=0x{Convert.ToHexStringLower(first[..4])}, second4Bytes=0x{Convert.ToHexStringLower(first[4..])})", 0);
    }
}
