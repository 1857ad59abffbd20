using System.Threading.RateLimiting;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.AspNetCore.Protection;

/// <summary>Protects handlers, once the caller of a call is known: by rules, by the application's limiter, and by load shedding. Thread-safe.</summary>
internal sealed class CallGuard
{
    private readonly PartitionedRateLimiter<ThriftServerContext>? _limiter;
    private readonly LoadShedder? _shedder;

    private CallGuard(PartitionedRateLimiter<ThriftServerContext>? limiter, LoadShedder? shedder)
    {
        _limiter = limiter;
        _shedder = shedder;
    }

    /// <summary>The guard that the options ask for; <see langword="null"/> for none.</summary>
    internal static CallGuard? Of(ThriftServerOptions options)
        => options is { CallLimiter: null, LoadShedding: null } ? null : new(
            options.CallLimiter,
            options.LoadShedding is { } shedding ? new LoadShedder(shedding, options.TimeProvider, CpuMeter.OfProcess(options.TimeProvider)) : null);

    /// <summary>Rejects a call if one of the rules returns a reason.</summary>
    /// <exception cref="RefusedException">The call is rejected.</exception>
    internal static async ValueTask CheckAsync(ThriftRejectRule[] rules, ThriftServerContext context)
    {
        foreach (var rule in rules)
        {
            if (await rule(context).ConfigureAwait(false) is { } reason)
            {
                throw new RefusedException(reason);
            }
        }
    }

    /// <summary>Handles a call as soon as it may run.</summary>
    /// <param name="context">The call.</param>
    /// <param name="handle">Handles it.</param>
    /// <exception cref="RefusedException">The call is refused.</exception>
    internal async ValueTask HandleAsync(ThriftServerContext context, Func<ValueTask> handle)
    {
        using var lease = _limiter is null ? null : await _limiter.AcquireAsync(context, 1, context.CancellationToken).ConfigureAwait(false);
        if (lease is { IsAcquired: false })
        {
            throw new RefusedException(RefusalKind.Limiter);
        }

        if (_shedder is null)
        {
            await handle().ConfigureAwait(false);
            return;
        }

        var entered = await _shedder.EnterAsync(context, context.CancellationToken).ConfigureAwait(false);
        try
        {
            await handle().ConfigureAwait(false);
        }
        finally
        {
            _shedder.Leave(entered);
        }
    }
}
