using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.AspNetCore.Transports.PingPong;

/// <summary>Takes requests off the front of a connection's buffer. A connection may change its form from request to request. One a connection.</summary>
internal sealed class PingPongRequestReader(int maxMessageSize)
{
    private readonly TTHeaderFrameReader _frames = new();
    private readonly ThriftMessageScanner _scanner = new(maxMessageSize);
    private ThriftMetadata? _meshPairs;
    private OversizeRequest? _oversize;

    /// <summary>Whether a request has begun that is too large, and its end has not come.</summary>
    internal bool IsSkipping => _oversize is not null;

    /// <summary>Takes one request.</summary>
    /// <returns><see langword="false"/> while it is not complete.</returns>
    /// <exception cref="ThriftException">The bytes are no request; the connection cannot be used further.</exception>
    internal bool TryRead(ref ReadOnlySequence<byte> buffer, [NotNullWhen(true)] out PingPongRequest? request)
    {
        request = null;
        if (_oversize is not null)
        {
            return TrySkip(ref buffer, out request);
        }

        var protocol = ProtocolDetector.DetectMessage(buffer);
        switch (protocol)
        {
            case WireProtocol.NeedMore:
                return false;

            case WireProtocol.TTHeader:
                if (IsTooLarge(buffer, TTHeaderFormat.MaxHeaderInfoSize))
                {
                    return TryBeginSkip(ref buffer, protocol, out request);
                }

                if (!_frames.TryRead(ref buffer, out var frame))
                {
                    return false;
                }

                PayloadChecksum.Verify(frame);
                request = Read(frame);
                return true;

            case WireProtocol.Mesh:
                if (!MeshHeader.TryRead(ref buffer, out var mesh))
                {
                    return false;
                }

                // The message behind it may not be there yet: what the header says waits for it.
                _meshPairs = new ThriftMetadata();
                foreach (var pair in mesh.Pairs)
                {
                    _meshPairs.AddReceived(Encoding.UTF8.GetString(pair.Key).ToLowerInvariant(), Encoding.UTF8.GetString(pair.Value));
                }

                return TryRead(ref buffer, out request);

            case WireProtocol.Framed:
                if (IsTooLarge(buffer, 0))
                {
                    return TryBeginSkip(ref buffer, protocol, out request);
                }

                if (!ThriftFraming.TryRead(ref buffer, maxMessageSize, out var message, out _))
                {
                    return false;
                }

                request = Read(message, ThriftTransport.Framed);
                TakeMeshPairs(request);
                return true;

            case WireProtocol.Buffered:
                if (!_scanner.TryScan(buffer, out var length))
                {
                    return false;
                }

                _scanner.Reset();
                request = Read(buffer.Slice(0, length), ThriftTransport.Buffered);
                buffer = buffer.Slice(length);
                TakeMeshPairs(request);
                return true;

            default:
                throw Invalid(buffer, protocol);
        }
    }

    private static PingPongRequest Read(in ReadOnlySequence<byte> message, ThriftTransport form)
    {
        var envelope = ThriftMessageEnvelope.Read(message, out var body);
        return new PingPongRequest
        {
            Form = form,
            Type = envelope.Type,
            Method = Encoding.UTF8.GetString(envelope.Method),
            SequenceId = envelope.SequenceId,
            Body = body,
        };
    }

    private void TakeMeshPairs(PingPongRequest request)
    {
        if (_meshPairs is { } pairs)
        {
            request.Headers.AddRange(pairs);
            _meshPairs = null;
        }
    }

    private static PingPongRequest Read(in TTHeaderFrame frame)
    {
        var message = ProtocolDetector.GetMessage(frame.Payload, out var framed);
        var request = Read(message, framed ? ThriftTransport.TTHeaderFramed : ThriftTransport.TTHeader);
        request.ReadHeader(frame);
        return request;
    }

    /// <summary>Lengths are checked before anything is waited for. One that no form may have is left to the reader of the form, which ends the connection.</summary>
    private bool IsTooLarge(in ReadOnlySequence<byte> buffer, int allowance)
        => LengthOf(buffer) is var length && length > (uint)maxMessageSize + (uint)allowance && length <= TTHeaderFormat.MaxFrameLength;

    private static uint LengthOf(in ReadOnlySequence<byte> buffer)
    {
        Span<byte> prefix = stackalloc byte[4];
        buffer.Slice(0, 4).CopyTo(prefix);
        return BinaryPrimitives.ReadUInt32BigEndian(prefix);
    }

    private bool TryBeginSkip(ref ReadOnlySequence<byte> buffer, WireProtocol protocol, [NotNullWhen(true)] out PingPongRequest? request)
    {
        request = null;
        var length = LengthOf(buffer);
        if (!OversizeRequest.TryReadHead(buffer, protocol, 4L + length, out var head))
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
            answerable = Read(head, ThriftTransport.Framed);
            TakeMeshPairs(answerable);
        }

        answerable.Refusal = $"invalid data: payload size({length}) larger than the limit({maxMessageSize})";
        _oversize = new OversizeRequest(answerable, 4L + length);
        return TrySkip(ref buffer, out request);
    }

    private bool TrySkip(ref ReadOnlySequence<byte> buffer, [NotNullWhen(true)] out PingPongRequest? request)
    {
        request = _oversize!.Skip(ref buffer) ? _oversize.Request : null;
        if (request is null)
        {
            return false;
        }

        _oversize = null;
        return true;
    }

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
