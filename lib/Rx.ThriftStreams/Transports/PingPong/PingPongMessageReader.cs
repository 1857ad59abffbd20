using System.Buffers;
using System.Buffers.Binary;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Transports.PingPong;

/// <summary>Takes answers off the front of a connection's buffer, in whichever form they come. One a connection.</summary>
internal sealed class PingPongMessageReader(int maxMessageSize)
{
    private readonly TTHeaderFrameReader _frames = new();
    private readonly ThriftMessageScanner _scanner = new(maxMessageSize);

    /// <summary>Takes one answer and gives it to the call that it belongs to.</summary>
    /// <param name="buffer">What has arrived; moved behind the answer.</param>
    /// <param name="only">The one call of the connection; <see langword="null"/> if there are many.</param>
    /// <param name="find">Gives the call with a sequence id where there are many; an answer that nobody waits for is dropped.</param>
    /// <returns>Whether an answer was complete.</returns>
    /// <exception cref="ThriftException">The bytes are no answer; the connection cannot be used further.</exception>
    internal bool TryRead(ref ReadOnlySequence<byte> buffer, PingPongReply? only, Func<int, PingPongReply?>? find)
    {
        var protocol = ProtocolDetector.DetectMessage(buffer);
        switch (protocol)
        {
            case WireProtocol.NeedMore:
                return false;

            case WireProtocol.TTHeader:
                CheckLength(buffer);
                if (!_frames.TryRead(ref buffer, out var frame))
                {
                    return false;
                }

                PayloadChecksum.Verify(frame);
                if ((only ?? find!(frame.SequenceId)) is { } owner)
                {
                    owner.OnHeader(frame);
                    owner.OnMessage(ProtocolDetector.GetMessage(frame.Payload, out _));
                }

                return true;

            case WireProtocol.Framed:
                CheckLength(buffer);
                if (!ThriftFraming.TryRead(ref buffer, maxMessageSize, out var message, out _))
                {
                    return false;
                }

                only?.OnMessage(message);
                return true;

            case WireProtocol.Buffered:
                if (!_scanner.TryScan(buffer, out var length))
                {
                    return false;
                }

                _scanner.Reset();
                only?.OnMessage(buffer.Slice(0, length));
                buffer = buffer.Slice(length);
                return true;

            default:
                throw new ThriftProtocolException("The server's answer is not a Thrift message of any form that is spoken here.", 0);
        }
    }

    /// <summary>Both forms begin with a length. It is checked before anything is waited for.</summary>
    private void CheckLength(in ReadOnlySequence<byte> buffer)
    {
        Span<byte> prefix = stackalloc byte[4];
        buffer.Slice(0, 4).CopyTo(prefix);
        var length = BinaryPrimitives.ReadUInt32BigEndian(prefix);

        // The header of a TTHeader frame does not count as message; its own limit is checked by the frame reader.
        if (length > (uint)maxMessageSize + (uint)TTHeaderFormat.MaxHeaderInfoSize)
        {
            throw new ThriftStatusException(
                ThriftStatusCode.ResourceExhausted, $"A message of {length} bytes is larger than the {maxMessageSize} that are allowed.");
        }
    }
}
