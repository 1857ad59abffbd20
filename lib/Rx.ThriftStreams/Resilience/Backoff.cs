using System.Globalization;

namespace Rx.ThriftStreams.Resilience;

/// <summary>How long to wait before another attempt.</summary>
internal static class Backoff
{
    private const string Pushback = "grpc-retry-pushback-ms";

    /// <summary>A pause that doubles with each retry, between half and one and a half of it.</summary>
    internal static TimeSpan Exponential(int retries, TimeSpan first, TimeSpan longest) => first == TimeSpan.Zero
        ? TimeSpan.Zero
        : TimeSpan.FromMilliseconds(Math.Min(first.TotalMilliseconds * (1L << Math.Min(retries, 32)) * (0.5 + Random.Shared.NextDouble()), longest.TotalMilliseconds));

    /// <summary>A pause between two times.</summary>
    internal static TimeSpan Uniform(TimeSpan least, TimeSpan most) => least + ((most - least) * Random.Shared.NextDouble());

    /// <summary>The pause in milliseconds that the server asks for; a negative number, or what is not one, means no retry. <see langword="null"/> if it asks for none.</summary>
    internal static long? PushbackOf(Exception error)
        => error is ThriftStatusException status ? PushbackOf(status.Trailers) : null;

    /// <summary>The same, of trailers.</summary>
    internal static long? PushbackOf(ThriftMetadata trailers)
        => trailers.TryGetValue(Pushback, out var text)
            ? int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var milliseconds) ? milliseconds : -1
            : null;

    /// <summary>Whether a server that asks for that pause allows a retry.</summary>
    internal static bool Allows(long? pushback, TimeSpan longest) => pushback is not { } milliseconds || (milliseconds >= 0 && TimeSpan.FromMilliseconds(milliseconds) <= longest);
}
