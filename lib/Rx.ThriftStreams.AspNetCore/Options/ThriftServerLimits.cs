using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams.AspNetCore;

/// <summary>Limits of what callers can make a server hold, run or wait for: <see cref="ThriftServerOptions.Limits"/>.</summary>
public sealed class ThriftServerLimits : ThriftLimits
{
    internal ThriftServerLimits()
    {
    }

    internal override bool IsServer => true;

    /// <summary>
    /// The same as <see cref="ThriftLimits.MaxConnectionMemory"/> for all connections of the server together. Default: a quarter of the memory that is available to the process, which is the limit of its
    /// container if there is one; at least 1 MiB. Beyond it, calls end with <see cref="ThriftStatusCode.ResourceExhausted"/>.
    /// </summary>
    public long MaxTotalMemory { get; set; } = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4;

    /// <summary>
    /// The most memory that Kestrel's pipes may take in blocks of 64 KiB, in bytes, for all connections of the host together, whatever they speak. With such a block a system call receives sixteen times as much as with
    /// Kestrel's own blocks of 4 KiB, which are used where no large one is left. Default 16 MiB, or a 64th of the memory that is available to the process if that is less; zero for Kestrel's own blocks only. Blocks that were not
    /// needed for 10 to 20 s are given up.
    /// </summary>
    public long MaxLargeBlockMemory { get; set; } = Math.Min(16 * 1024 * 1024, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 64);

    /// <summary>
    /// The most calls that may run on a connection that several calls share, including those whose caller is gone but whose handler has not ended. Default 10 000.
    /// </summary>
    /// <remarks>
    /// Over gRPC it sets Kestrel's limit, unless the application has changed that: clients learn the number, and have further calls wait or open another connection. Over TTHeader Streaming
    /// further streams are refused with <see cref="ThriftStatusCode.ResourceExhausted"/>. On a multiplexed connection for ping-pong calls, nothing more is read until a call has ended.
    /// </remarks>
    public int MaxStreamsPerConnection { get; set; } = 10_000;

    /// <summary>
    /// The most calls over gRPC that the caller of a connection may cancel within a second, before the connection is closed as an attack. Default 5 000; zero for
    /// no limit. Counted on endpoints that called <c>UseThriftStreams()</c>.
    /// </summary>
    public int MaxResetsPerSecond { get; set; } = 5_000;

    /// <summary>
    /// How long a frame of TTHeader Streaming, or a ping-pong request, may take from its first byte to its last before its connection is closed. Default 1 min; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.
    /// </summary>
    public TimeSpan FrameTimeout { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// How long a write to a connection of the TTHeader transports, or the ping-pong forms, may go without progress because the peer does not read, before the connection
    /// is closed. Default 1 min; <see cref="Timeout.InfiniteTimeSpan"/> for no limit. A client of this library reads at any time, however slow its consumers are.
    /// </summary>
    public TimeSpan WriteTimeout { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// How long a connection of the TTHeader transports may be without a call before it is closed. Default 10 min, as in Kitex; <see cref="Timeout.InfiniteTimeSpan"/> for no
    /// limit. Up to a tenth less, varying from connection to connection.
    /// </summary>
    public TimeSpan ConnectionIdleTimeout { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// How old a connection may become before its peer is asked to use another one, so that load moves to servers that were added. Default
    /// <see cref="Timeout.InfiniteTimeSpan"/>: no limit. Varies by a tenth from connection to connection. See <c>docs/shutdown.md</c> for what peers see.
    /// </summary>
    public TimeSpan MaxConnectionAge { get; set; } = Timeout.InfiniteTimeSpan;

    /// <summary>
    /// How long calls may still run on a connection that has reached <see cref="MaxConnectionAge"/> before they are cut off. Default
    /// <see cref="Timeout.InfiniteTimeSpan"/>: as long as they like.
    /// </summary>
    public TimeSpan MaxConnectionAgeGrace { get; set; } = Timeout.InfiniteTimeSpan;

    /// <summary>How long a connection to a port for every protocol may take until its protocol is known. Default 10 s; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</summary>
    public TimeSpan DetectionTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a handler may wait for one request. Default <see cref="Timeout.InfiniteTimeSpan"/>: no limit. When it expires the call is cancelled and ends with <see cref="ThriftStatusCode.DeadlineExceeded"/>.</summary>
    public TimeSpan ReceiveTimeout { get; set; } = Timeout.InfiniteTimeSpan;

    /// <summary>
    /// How long a response may wait for room on its way to the caller. Default <see cref="Timeout.InfiniteTimeSpan"/>: no limit. When it expires the call is cancelled and its stream
    /// reset: a caller that makes no room cannot receive a status.
    /// </summary>
    public TimeSpan SendTimeout { get; set; } = Timeout.InfiniteTimeSpan;

    /// <summary>
    /// How long a stream may last, whatever its caller allows. Default <see cref="Timeout.InfiniteTimeSpan"/>: no limit. When it expires the handler is cancelled and the call ends with
    /// <see cref="ThriftStatusCode.DeadlineExceeded"/>. Does not apply to methods of one message each way.
    /// </summary>
    public TimeSpan MaxStreamDuration { get; set; } = Timeout.InfiniteTimeSpan;

    /// <summary>
    /// How long a stream may still run after the credentials of its caller have expired. Default <see cref="Timeout.InfiniteTimeSpan"/>: no limit, credentials are looked at when the
    /// call begins. Zero ends it at that moment. When it passes the handler is cancelled and the call ends with <see cref="ThriftStatusCode.Unauthenticated"/>, unless
    /// <see cref="ThriftServerContext.RenewUserAsync"/> was called. A scheme that accepts tokens for some time after they expired needs at least that time. Methods of
    /// one message each way are not concerned.
    /// </summary>
    public TimeSpan ExpiredCredentialsGrace { get; set; } = Timeout.InfiniteTimeSpan;

    internal override void Validate(string owner)
    {
        base.Validate(owner);
        OptionChecks.AtLeast(MinMemory, MaxTotalMemory, $"{owner}.{nameof(MaxTotalMemory)}");
        OptionChecks.AtLeast(0, MaxLargeBlockMemory, $"{owner}.{nameof(MaxLargeBlockMemory)}");
        OptionChecks.AtLeast(1, MaxStreamsPerConnection, $"{owner}.{nameof(MaxStreamsPerConnection)}");
        OptionChecks.AtLeast(0, MaxResetsPerSecond, $"{owner}.{nameof(MaxResetsPerSecond)}");
        OptionChecks.TimeLimit(FrameTimeout, $"{owner}.{nameof(FrameTimeout)}");
        OptionChecks.TimeLimit(WriteTimeout, $"{owner}.{nameof(WriteTimeout)}");
        OptionChecks.TimeLimit(ConnectionIdleTimeout, $"{owner}.{nameof(ConnectionIdleTimeout)}");
        OptionChecks.TimeLimit(MaxConnectionAge, $"{owner}.{nameof(MaxConnectionAge)}");
        OptionChecks.TimeLimitOrZero(MaxConnectionAgeGrace, $"{owner}.{nameof(MaxConnectionAgeGrace)}");
        OptionChecks.TimeLimit(DetectionTimeout, $"{owner}.{nameof(DetectionTimeout)}");
        OptionChecks.TimeLimit(ReceiveTimeout, $"{owner}.{nameof(ReceiveTimeout)}");
        OptionChecks.TimeLimit(SendTimeout, $"{owner}.{nameof(SendTimeout)}");
        OptionChecks.TimeLimitOrZero(ExpiredCredentialsGrace, $"{owner}.{nameof(ExpiredCredentialsGrace)}");
        OptionChecks.TimeLimit(MaxStreamDuration, $"{owner}.{nameof(MaxStreamDuration)}");
    }
}
