using System.Buffers;

namespace Rx.ThriftStreams.Wire;

/// <summary>
/// Finds the end of a Buffered message, which has no length prefix. It continues where it stopped, so each byte is examined once however the bytes arrive.
/// </summary>
/// <remarks>One per connection, reusable after <see cref="Reset"/>; not thread-safe.</remarks>
/// <param name="maxMessageSize">The largest message in bytes. A length or count that must exceed it fails before its bytes arrive.</param>
internal abstract class MessageScanner(long maxMessageSize)
{
    /// <summary>The minimum size of the message as far as is known: continuing to scan is pointless before these bytes have arrived.</summary>
    public abstract long NeededBytes { get; }

    /// <summary>Whether the end was found.</summary>
    protected bool IsDone { get; set; }

    /// <summary>How far the message is known to extend. It may run ahead of the bytes: they are skipped when they arrive.</summary>
    protected long Position { get; set; }

    /// <summary>Starts a new message.</summary>
    public virtual void Reset()
    {
        Position = 0;
        IsDone = false;
    }

    /// <summary>
    /// Notes that the first bytes of the message were removed from the buffer, so that the next buffer begins after them. Used to find the end of a message
    /// that is too large to keep.
    /// </summary>
    /// <param name="bytes">How many bytes, at most as many as were examined or skipped.</param>
    public void Discard(long bytes) => Position -= bytes;

    /// <summary>Scans the bytes that have arrived since the last call.</summary>
    /// <param name="buffer">The message from its first byte, as much as has arrived; bytes after the message are not examined.</param>
    /// <param name="length">The message's size in bytes when it is complete; before that, its minimum size as far as is known.</param>
    /// <returns>Whether the message is complete.</returns>
    /// <exception cref="ThriftProtocolException">The bytes are not a Thrift message, or exceed a limit.</exception>
    public bool TryScan(in ReadOnlySequence<byte> buffer, out long length)
    {
        length = Position;
        if (!IsDone)
        {
            if (buffer.Length <= Position)
            {
                return false;
            }

            var reader = new SequenceReader<byte>(buffer.Slice(Position));
            while (!IsDone && Step(ref reader))
            {
                if (Position > maxMessageSize)
                {
                    throw new ThriftProtocolException(
                        $"the Thrift message is larger than the limit of {maxMessageSize} bytes, which no option raises; send smaller messages.", Position);
                }
            }

            length = Position;
            if (!IsDone)
            {
                return false;
            }
        }

        return buffer.Length >= length;
    }

    /// <summary>Consumes one token.</summary>
    /// <returns><see langword="false"/> if it has not arrived yet.</returns>
    protected abstract bool Step(ref SequenceReader<byte> reader);

    /// <summary>Skips bytes that were read, and others that may not have arrived yet.</summary>
    protected void Pass(ref SequenceReader<byte> reader, int taken, long skipped)
    {
        Position += taken + skipped;
        reader.Advance(Math.Min(skipped, reader.Remaining));
    }
}
