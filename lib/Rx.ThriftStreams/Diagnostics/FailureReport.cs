namespace Rx.ThriftStreams.Diagnostics;

/// <summary>What there is to say of failures that repeat.</summary>
/// <typeparam name="TFailure">What is known of one of them.</typeparam>
/// <param name="Last">The last one.</param>
/// <param name="Count">How many there were since the report before; at the end of all, how many there were altogether.</param>
/// <param name="Ago">The time since the last one.</param>
/// <param name="Lasted">The time from the first to the last one.</param>
/// <param name="Answered">How many calls have been answered after the last one.</param>
internal readonly record struct FailureReport<TFailure>(TFailure Last, long Count, TimeSpan Ago, TimeSpan Lasted, long Answered)
{
    /// <summary><see cref="Ago"/> for the log, which groups texts better if they vary less.</summary>
    internal long SecondsAgo => (long)Ago.TotalSeconds;

    /// <summary><see cref="Lasted"/> for the log, at least one second.</summary>
    internal long SecondsLasted => Math.Max(1, (long)Math.Ceiling(Lasted.TotalSeconds));
}
