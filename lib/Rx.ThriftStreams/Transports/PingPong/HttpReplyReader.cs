using System.Buffers;
using System.Buffers.Text;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Transports.PingPong;

/// <summary>Takes answers off the front of a connection's buffer that are bodies of HTTP/1 responses. One a connection.</summary>
internal sealed class HttpReplyReader(MessageLimits limits)
{
    // The digits of a chunk's size and extensions, which are ignored.
    private const int MaxChunkLine = 4 * 1024;

    private readonly ArrayBufferWriter<byte> _chunks = new();
    private HttpResponseHead? _head;
    private bool _isInTrailers;

    private int Limit => MessageSize.WithEnvelope(limits.MaxSize);

    /// <summary>Takes one answer.</summary>
    /// <param name="buffer">What has arrived; moved to after the answer.</param>
    /// <param name="reply">The call.</param>
    /// <param name="isCompleted">Whether nothing more will arrive.</param>
    /// <returns>Whether the answer was complete, or is known to be of no use: then its call has failed.</returns>
    /// <exception cref="ThriftException">The bytes are not a response; the connection cannot be used further.</exception>
    internal bool TryRead(ref ReadOnlySequence<byte> buffer, PingPongReply reply, bool isCompleted)
    {
        while (_head is null or { Status: < 200 })
        {
            // Responses 1xx announce another one.
            _head = HttpResponseHead.TryRead(ref buffer);
            if (_head is null)
            {
                return false;
            }
        }

        if (_head.Status != 200)
        {
            reply.Fail(HttpErrors.Of(_head));
            return true;
        }

        if (_head.Length > Limit)
        {
            reply.Fail(limits.TooLarge(_head.Length.Value));
            return true;
        }

        if (!TryReadBody(ref buffer, isCompleted, out var body))
        {
            var have = _chunks.WrittenCount + buffer.Length;
            if (have <= Limit + MaxChunkLine)
            {
                return false;
            }

            reply.Fail(limits.TooLarge(have));
            return true;
        }

        if (!reply.IsOneway)
        {
            reply.OnMessage(body, limits);
        }

        if (!_head.KeepsConnection)
        {
            reply.EndConnection();
        }

        _head = null;
        _isInTrailers = false;
        _chunks.ResetWrittenCount();
        return true;
    }

    private bool TryReadBody(ref ReadOnlySequence<byte> buffer, bool isCompleted, out ReadOnlySequence<byte> body)
    {
        body = buffer;
        if (_head!.IsChunked)
        {
            return TryReadChunks(ref buffer, out body);
        }

        if (buffer.Length < (_head.Length ?? long.MaxValue) && !(_head.Length is null && isCompleted))
        {
            return false;
        }

        body = buffer.Slice(0, _head.Length ?? buffer.Length);
        buffer = buffer.Slice(body.End);
        return true;
    }

    private bool TryReadChunks(ref ReadOnlySequence<byte> buffer, out ReadOnlySequence<byte> body)
    {
        body = default;
        while (true)
        {
            var reader = new SequenceReader<byte>(buffer);
            if (!reader.TryReadTo(out ReadOnlySequence<byte> line, "\r\n"u8))
            {
                return buffer.Length <= MaxChunkLine ? false : throw InvalidChunk();
            }

            if (_isInTrailers)
            {
                buffer = reader.UnreadSequence;
                if (line.IsEmpty)
                {
                    body = new ReadOnlySequence<byte>(_chunks.WrittenMemory);
                    return true;
                }

                continue;
            }

            var size = SizeOf(line);
            if (size == 0)
            {
                buffer = reader.UnreadSequence;
                _isInTrailers = true;
                continue;
            }

            if (_chunks.WrittenCount + (long)size > Limit)
            {
                throw limits.TooLarge(_chunks.WrittenCount + (long)size);
            }

            if (reader.Remaining < size + 2L)
            {
                return false;
            }

            var chunk = reader.UnreadSequence.Slice(0, size);
            chunk.CopyTo(_chunks.GetSpan(size));
            _chunks.Advance(size);
            reader.Advance(size);
            if (!reader.IsNext("\r\n"u8, advancePast: true))
            {
                throw InvalidChunk();
            }

            buffer = reader.UnreadSequence;
        }
    }

    private static int SizeOf(in ReadOnlySequence<byte> line)
    {
        Span<byte> digits = stackalloc byte[16];
        var length = (int)Math.Min(line.Length, digits.Length);
        line.Slice(0, length).CopyTo(digits);
        return Utf8Parser.TryParse(digits[..length], out int size, out var used, 'x') && size >= 0 && (used == length || digits[used] is (byte)';' or (byte)' ')
            ? size
            : throw InvalidChunk();
    }

    private static ThriftProtocolException InvalidChunk() => new("The server's response has a chunk whose size or end is wrong.", 0);
}
