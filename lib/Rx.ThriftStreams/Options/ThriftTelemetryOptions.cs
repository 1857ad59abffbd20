using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams;

/// <summary>What is reported about calls while they run. It costs nothing if nothing listens to events, activities, metrics or logs.</summary>
public sealed class ThriftTelemetryOptions
{
    /// <summary>
    /// How long a direction of a call may make no progress because of a slow consumer before it is reported as paused: by events
    /// (<see cref="ThriftStreamEventKind.SendPaused"/>, <see cref="ThriftStreamEventKind.ReceivePaused"/>) and by metrics. It is reported after this time, and at most half of it
    /// later. Default 1 s; at least 10 ms.
    /// </summary>
    public TimeSpan PauseThreshold { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How often a running call is reported by a span of its own, a child of the call's, so that a trace shows a stream that has not ended. Default
    /// <see cref="Timeout.InfiniteTimeSpan"/>: never; 1 s to 1 day.
    /// </summary>
    public TimeSpan SpanInterval { get; set; } = Timeout.InfiniteTimeSpan;

    internal bool ReportsIntervals => CallTimers.IsLimit(SpanInterval);

    /// <summary>How often running calls are looked at.</summary>
    internal TimeSpan Period => ReportsIntervals && SpanInterval < PauseThreshold / 2 ? SpanInterval : PauseThreshold / 2;

    internal ThriftTelemetryOptions Snapshot() => (ThriftTelemetryOptions)MemberwiseClone();

    internal void Validate(string owner)
    {
        OptionChecks.Between(TimeSpan.FromMilliseconds(10), TimeSpan.FromHours(1), PauseThreshold, $"{owner}.{nameof(PauseThreshold)}");
        if (ReportsIntervals)
        {
            OptionChecks.Between(TimeSpan.FromSeconds(1), TimeSpan.FromDays(1), SpanInterval, $"{owner}.{nameof(SpanInterval)}");
        }
    }
}
