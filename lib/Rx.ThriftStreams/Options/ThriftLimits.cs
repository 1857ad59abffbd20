using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams;

/// <summary>Bounds of what a peer can make this process hold: of a channel, and with more of them (<c>ThriftServerLimits</c>) of a server.</summary>
public class ThriftLimits
{
    internal ThriftLimits()
    {
    }

    /// <summary>
    /// The largest message that is received, in bytes, after decompression. Default 4 MiB; at least 1. A larger one ends its call with
    /// <see cref="ThriftStatusCode.ResourceExhausted"/>.
    /// </summary>
    public int MaxReceiveMessageSize { get; set; } = 4 * 1024 * 1024;

    internal ThriftLimits Snapshot() => (ThriftLimits)MemberwiseClone();

    internal virtual void Validate(string owner)
        => OptionChecks.AtLeast(1, MaxReceiveMessageSize, $"{owner}.{nameof(MaxReceiveMessageSize)}");
}
