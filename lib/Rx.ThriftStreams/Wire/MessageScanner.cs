using System.Buffers;

namespace Rx.ThriftStreams.Wire;

/// <summary>
/// Finds the end of a Buffered message, which nothing announces. It continues where it stopped, so each byte is looked at once however they arrive.
/// </summary>
/// <remarks>One a message, or used again after <see cref="Reset"/>; not thread-safe.</remarks>
/// <param name="maxMessageSize">The largest message in bytes. A length or count that must exceed it fails before its bytes come.</param>
internal abstract class MessageScanner(long maxMessageSize)
{
    /// <summary>How many bytes the message has at least, as far as it was seen: scanning on is of no use before they are there.</summary>
    public abstract long NeededBytes { get; }

    /// <summary>Whether the end was found.</summary>
    protected bool IsDone { get; set; }

    /// <summary>How far the message is known to go. May be beyond the bytes that are there: they are passed over when they come.</summary>
    protected long Position { get; set; }

    /// <summary>Starts with another message.</summary>
    public virtual void Reset()
    {
        Position = 0;
        IsDone = false;
    }

    /// <summary>
    /// The first bytes of the message were taken off the buffer: the next one begins after them. For a message that is too large to be kept, whose end is
    /// wanted all the same.
    /// </summary>
    /// <param name="bytes">How many, not more than were looked at or stepped over.</param>
    public void Discard(long bytes) => Position -= bytes;

    /// <summary>Looks at the bytes that are new.</summary>
    /// <param name="buffer">The message from its first byte on, as much as there is; what follows it is not looked at.</param>
    /// <param name="length">The message's size in bytes, when complete; before, as far as it is known to go.</param>
    /// <returns>Whether the message is complete.</returns>
    /// <exception cref="ThriftProtocolException">The bytes are not a Thrift message, or break a limit.</exception>
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
                        $"the Thrift message is larger than the limit of {maxMessageSize} bytes; raise the limit if messages of this size are wanted.", Position);
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

    /// <summary>Takes one token.</summary>
    /// <returns><see langword="false"/> if it is not there yet.</returns>
    protected abstract bool Step(ref SequenceReader<byte> reader);

    /// <summary>Steps over bytes that were taken from the reader, and over others that may not be there yet.</summary>
    protected void Pass(ref SequenceReader<byte> reader, int taken, long skipped)
    {
        Position += taken + skipped;
        reader.Advance(Math.Min(skipped, reader.Remaining));
    }
}
