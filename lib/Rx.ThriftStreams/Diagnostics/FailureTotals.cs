namespace Rx.ThriftStreams.Diagnostics;

/// <summary>An episode of failures that is over.</summary>
/// <param name="Failed">How many calls failed.</param>
/// <param name="Lasted">The time from the first to the last of them.</param>
/// <param name="Answered">How many calls were answered after them.</param>
internal readonly record struct FailureTotals(long Failed, TimeSpan Lasted, long Answered);
