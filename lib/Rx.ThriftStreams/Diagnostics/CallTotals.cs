namespace Rx.ThriftStreams.Diagnostics;

/// <summary>What a call has sent, received and dropped so far.</summary>
internal readonly record struct CallTotals(long SentMessages, long SentBytes, long ReceivedMessages, long ReceivedBytes, long DroppedMessages);
