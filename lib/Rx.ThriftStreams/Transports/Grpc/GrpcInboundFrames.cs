using System.Buffers.Binary;

namespace Rx.ThriftStreams.Transports.Grpc;

/// <summary>Follows the frames that a server sends on one connection, and finds the resets of responses that have messages.</summary>
internal sealed class GrpcInboundFrames
{
    /// <summary>
    /// How many responses are remembered at least. Those that the caller ends are never seen to end, so the oldest are forgotten: a reset is then left as it is, long after
    /// the last message.
    /// </summary>
    private const int Remembered = 4096;

    private HashSet<int> _recent = [];
    private HashSet<int> _older = [];
    private int _last;
    private int _payload;

    /// <summary>Follows the frames as far as they can be passed on: to a header that is not complete yet, or to a reset of a response with messages.</summary>
    /// <returns>How many of the bytes that is.</returns>
    internal int Follow(ReadOnlySpan<byte> bytes)
    {
        var position = 0;
        while (true)
        {
            var skipped = Math.Min(_payload, bytes.Length - position);
            position += skipped;
            _payload -= skipped;
            var rest = bytes[position..];
            if (rest.Length < Http2Frames.HeaderLength || IsResetWithMessages(rest))
            {
                return position;
            }

            Note(rest);
            position += Http2Frames.HeaderLength;
            _payload = Http2Frames.LengthOf(rest);
        }
    }

    /// <summary>Takes the reset, if it is complete, at which <see cref="Follow"/> stopped.</summary>
    internal bool TryTakeReset(ReadOnlySpan<byte> bytes, out int stream, out uint code)
    {
        if (bytes.Length < Http2Frames.ResetLength)
        {
            (stream, code) = (0, 0);
            return false;
        }

        stream = Http2Frames.StreamOf(bytes);
        code = BinaryPrimitives.ReadUInt32BigEndian(bytes[Http2Frames.HeaderLength..]);
        Forget(stream);
        return true;
    }

    private bool IsResetWithMessages(ReadOnlySpan<byte> frame)
        => Http2Frames.TypeOf(frame) == Http2Frames.Reset
        && Http2Frames.LengthOf(frame) == Http2Frames.CodeLength
        && Http2Frames.StreamOf(frame) is var stream
        && (_recent.Contains(stream) || _older.Contains(stream));

    private void Note(ReadOnlySpan<byte> frame)
    {
        if (Http2Frames.TypeOf(frame) is not (Http2Frames.Data or Http2Frames.Headers))
        {
            return;
        }

        var stream = Http2Frames.StreamOf(frame);
        if ((Http2Frames.FlagsOf(frame) & Http2Frames.EndStream) != 0)
        {
            Forget(stream);
        }
        else if (Http2Frames.TypeOf(frame) == Http2Frames.Data && stream != _last)
        {
            Remember(stream);
        }
    }

    private void Remember(int stream)
    {
        _last = stream;
        if (_recent.Add(stream) && _recent.Count > Remembered)
        {
            (_recent, _older) = (_older, _recent);
            _recent.Clear();
            _recent.Add(stream);
        }
    }

    private void Forget(int stream)
    {
        _recent.Remove(stream);
        _older.Remove(stream);
        if (_last == stream)
        {
            _last = 0;
        }
    }
}
