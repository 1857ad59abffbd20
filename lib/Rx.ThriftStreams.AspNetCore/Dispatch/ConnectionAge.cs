using System.Security.Cryptography;

namespace Rx.ThriftStreams.AspNetCore.Dispatch;

/// <summary>
/// The greatest age of one connection. It varies by a tenth from connection to connection, so that the clients of a server that has just started do not all come
/// back at the same moment later.
/// </summary>
internal sealed class ConnectionAge
{
    private const double Jitter = 0.1;
    private const int Steps = 1000;

    private readonly ConnectionDrain _drain;
    private readonly TimeProvider _clock;
    private readonly TimeSpan _limit;
    private readonly TimeSpan _grace;
    private readonly long _since;

    internal ConnectionAge(ThriftServerOptions options, ConnectionDrain drain)
    {
        _drain = drain;
        _clock = options.TimeProvider;
        _grace = options.Limits.MaxConnectionAgeGrace;
        _limit = options.Limits.MaxConnectionAge;
        _since = _clock.GetTimestamp();
        if (_limit > TimeSpan.Zero)
        {
            _limit *= 1 - Jitter + (2 * Jitter * Random());
        }
    }

    /// <summary>The idle time of one connection: up to a tenth less than the limit, for the same reason. Negative for no limit.</summary>
    internal static TimeSpan IdleTimeOf(TimeSpan limit) => limit > TimeSpan.Zero ? limit * (1 - (Jitter * Random())) : limit;

    /// <summary>Whether there is a limit.</summary>
    internal bool IsLimited => _limit > TimeSpan.Zero;

    /// <summary>Has the connection drain if it has reached its age.</summary>
    internal void Check()
    {
        if (IsLimited && !_drain.IsDraining && _clock.GetElapsedTime(_since) >= _limit)
        {
            _drain.Begin(_grace);
        }
    }

    private static double Random() => (double)RandomNumberGenerator.GetInt32(Steps + 1) / Steps;
}
