using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams.AspNetCore;

/// <summary>Limits of the calls of a server, a service or a method. See <see cref="ThriftTrafficLimits"/>.</summary>
public class ThriftCallLimits
{
    /// <summary>
    /// How many calls may begin within a second: streams and ping-pong calls alike. Default <see langword="null"/>: any number; otherwise at least 1. After a pause, the calls
    /// of one second may begin at once. A call beyond it is refused before its handler runs.
    /// </summary>
    public int? CallsPerSecond { get; set; }

    /// <summary>
    /// How many calls may run at the same time. Default <see langword="null"/>: any number; otherwise at least 1. A call beyond it is refused before its handler runs. Only
    /// calls that began while it was set are counted.
    /// </summary>
    public int? ConcurrentCalls { get; set; }

    /// <summary>
    /// How many messages the caller of one stream may send within a second. Default <see langword="null"/>: any number; otherwise at least 1. After a pause, the messages of
    /// one second may arrive at once. A message beyond it ends the stream. Streams keep the limit with which they began.
    /// </summary>
    public int? MessagesPerSecond { get; set; }

    /// <summary>The limits that are set, by name.</summary>
    /// <param name="owner">What precedes the names.</param>
    internal virtual IEnumerable<KeyValuePair<string, int>> Values(string owner) => Of(
        ($"{owner}{nameof(CallsPerSecond)}", CallsPerSecond), ($"{owner}{nameof(ConcurrentCalls)}", ConcurrentCalls), ($"{owner}{nameof(MessagesPerSecond)}", MessagesPerSecond));

    private protected static IEnumerable<KeyValuePair<string, int>> Of(params (string Name, int? Value)[] limits)
        => limits.Where(static limit => limit.Value is not null).Select(static limit => KeyValuePair.Create(limit.Name, limit.Value!.Value));

    internal virtual void Validate(string owner)
    {
        OptionChecks.AtLeast(1, CallsPerSecond ?? 1, $"{owner}.{nameof(CallsPerSecond)}");
        OptionChecks.AtLeast(1, ConcurrentCalls ?? 1, $"{owner}.{nameof(ConcurrentCalls)}");
        OptionChecks.AtLeast(1, MessagesPerSecond ?? 1, $"{owner}.{nameof(MessagesPerSecond)}");
    }
}
