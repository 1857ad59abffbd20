namespace Rx.ThriftStreams.Options;

/// <summary>An enumeration of messages whose buffer drops some when it overflows.</summary>
internal interface IDroppingSource
{
    /// <summary>Reports to the call that takes the messages. Called once, before the first is asked for.</summary>
    void ReportTo(IDropListener listener);
}

/// <summary>A call whose messages come from an <see cref="IDroppingSource"/>.</summary>
internal interface IDropListener
{
    /// <summary>A message was dropped. Runs on the producer's thread.</summary>
    /// <param name="total">How many were dropped so far.</param>
    /// <param name="isFirst">Whether an episode begins: nothing was dropped since half of the buffer was free.</param>
    void Dropped(long total, bool isFirst);
}
