using Rx.ThriftStreams.Resilience;

namespace Rx.ThriftStreams.AspNetCore.Hosting;

/// <summary>The seconds of the header <c>Retry-After</c>, where it is known when a call may succeed again.</summary>
internal static class RetryPause
{
    /// <summary>The pause after an error: until the circuit breaker lets an attempt through, or what the server asked for. <see langword="null"/> if none is known.</summary>
    /// <param name="error">The error; of a handler also one that stands for the error of a call that it made.</param>
    internal static long? SecondsAfter(Exception error) => error switch
    {
        ThriftCircuitOpenException { RetryAfter: { } pause } => SecondsOf(pause),
        ThriftStatusException { InnerException: ThriftCircuitOpenException { RetryAfter: { } pause } } => SecondsOf(pause),
        ThriftStatusException { StatusCode: ThriftStatusCode.Unavailable or ThriftStatusCode.ResourceExhausted } status => SecondsOf(status.Trailers),
        _ => null,
    };

    /// <summary>The pause that trailers ask for; <see langword="null"/> if they do not, or if they say that no retry is wanted.</summary>
    internal static long? SecondsOf(ThriftMetadata trailers) => Backoff.PushbackOf(trailers) is >= 0 and var milliseconds ? SecondsOf(TimeSpan.FromMilliseconds(milliseconds)) : null;

    private static long SecondsOf(TimeSpan pause) => Math.Max(1, (long)Math.Ceiling(pause.TotalSeconds));
}
