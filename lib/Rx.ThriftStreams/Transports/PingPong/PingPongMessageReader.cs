using System.Buffers;
using System.Buffers.Binary;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Transports.PingPong;

/// <summary>Takes answers off the front of a connection's buffer, in whichever form they come. One instance per connection.</summary>
internal sealed class PingPongMessageReader(MessageLimits limits)
{
    private readonly TTHeaderFrameReader _frames = new();
    private readonly BufferedMessageScanner _scanner = new(TTHeaderFormat.MaxFrameLength);
    private long _skip;

    /// <summary>Whether the server has asked, by an answer to nobody, to use another connection. On a shared connection it has no other way while no call runs.</summary>
    internal bool IsAskedToLeave { get; private set; }

    private int Limit => MessageSize.WithEnvelope(limits.MaxSize);

    /// <summary>Takes one answer and hands it to the call that it belongs to.</summary>
    /// <param name="buffer">What has arrived; moved to after the answer.</param>
    /// <param name="only">The one call of the connection; <see langword="null"/> if there are many.</param>
    /// <param name="find">Finds the call with a sequence id where there are many; an answer that nobody waits for is dropped.</param>
    /// <returns>Whether an answer was complete, or is known to be too large: its call fails, and the rest is discarded.</returns>
    /// <exception cref="ThriftException">The bytes are not an answer; the connection cannot be used further.</exception>
    internal bool TryRead(ref ReadOnlySequence<byte> buffer, PingPongReply? only, Func<int, PingPongReply?>? find)
    {
        if (!TrySkip(ref buffer))
        {
            return false;
        }

        var protocol = ProtocolDetector.DetectMessage(buffer);
        switch (protocol)
        {
            // The alert of a TLS server may be all that comes.
            case WireProtocol.NeedMore when WrongPort.HintFor(buffer) is null:
                return false;

            case WireProtocol.TTHeader:
                if (!MessageSize.TryReadLengths(buffer, protocol, out var frameLength, out var payload))
                {
                    return false;
                }

                if (payload > Limit)
                {
                    (only ?? find!(SequenceIdOf(buffer)))?.Fail(limits.TooLarge(payload));
                    _skip = frameLength;
                    return true;
                }

                if (!_frames.TryRead(ref buffer, out var frame))
                {
                    return false;
                }

                PayloadChecksum.Verify(frame);
                if (only is null && frame.SequenceId == 0 && PingPongReply.AsksToReset(frame))
                {
                    IsAskedToLeave = true;
                }
                else if ((only ?? find!(frame.SequenceId)) is { } owner)
                {
                    owner.OnHeader(frame);
                    owner.OnMessage(ProtocolDetector.GetMessage(frame.Payload, out _), limits);
                }

                return true;

            case WireProtocol.Framed:
                if (MessageSize.TryReadLengths(buffer, protocol, out var framedLength, out var length) && length > Limit)
                {
                    // It is longer than any envelope, which names the call.
                    if (only is null && buffer.Length < ThriftFraming.PrefixSize + MessageSize.UncountedEnvelope)
                    {
                        return false;
                    }

                    OwnerOf(buffer.Slice(ThriftFraming.PrefixSize), only, find)?.Fail(limits.TooLarge(length));
                    _skip = framedLength;
                    return true;
                }

                if (!ThriftFraming.TryRead(ref buffer, Limit, out var message, out _))
                {
                    return false;
                }

                OwnerOf(message, only, find)?.OnMessage(message, limits);
                return true;

            case WireProtocol.Buffered:
                var isComplete = _scanner.TryScan(buffer, out var size);
                if (!isComplete && _scanner.NeededBytes <= Limit)
                {
                    return false;
                }

                if (!isComplete)
                {
                    // Nothing announces where it ends: the connection is of no use to another call.
                    var error = limits.TooLarge(_scanner.NeededBytes);
                    OwnerOf(buffer, only, find)?.Fail(error);
                    return only is not null ? true : throw error;
                }

                _scanner.Reset();
                OwnerOf(buffer, only, find)?.OnMessage(buffer.Slice(0, size), limits);
                buffer = buffer.Slice(size);
                return true;

            default:
                throw new ThriftProtocolException(
                    WrongPort.HintFor(buffer) is { } hint ? $"The server's answer is not a Thrift message: {hint}" : "The server's answer is not a Thrift message in any supported form.", 0);
        }
    }

    /// <summary>The call that a message without a header belongs to.</summary>
    private static PingPongReply? OwnerOf(in ReadOnlySequence<byte> message, PingPongReply? only, Func<int, PingPongReply?>? find)
        => only ?? find!(MessageCodec.Of(message).ReadEnvelope(message, out _).SequenceId);

    private static int SequenceIdOf(in ReadOnlySequence<byte> buffer)
    {
        Span<byte> id = stackalloc byte[4];
        buffer.Slice(TTHeaderFormat.SequenceIdOffset, id.Length).CopyTo(id);
        return BinaryPrimitives.ReadInt32BigEndian(id);
    }

    /// <summary>Discards the rest of an answer that is too large.</summary>
    /// <returns>Whether another may be taken.</returns>
    private bool TrySkip(ref ReadOnlySequence<byte> buffer)
    {
        var skipped = Math.Min(_skip, buffer.Length);
        buffer = buffer.Slice(skipped);
        _skip -= skipped;
        return _skip == 0;
    }
}
