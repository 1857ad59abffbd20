using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.AspNetCore.Protection;

/// <summary>Admits as many calls as the server can handle, by <see cref="ThriftLoadSheddingOptions"/>. Thread-safe.</summary>
internal sealed class LoadShedder
{
    private readonly Lock _gate = new();
    private readonly ThriftLoadSheddingOptions _options;
    private readonly TimeProvider _clock;
    private readonly ConcurrencyController _controller;
    private readonly AdmissionQueue _queue;
    private readonly CpuMeter? _cpu;
    private int _running;

    /// <param name="options">A snapshot.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="cpu">Measures the load; used if the options have a limit for it.</param>
    internal LoadShedder(ThriftLoadSheddingOptions options, TimeProvider clock, CpuMeter cpu)
    {
        _options = options;
        _clock = clock;
        _controller = new ConcurrencyController(options.MinConcurrency, options.InitialConcurrency, options.MaxConcurrency, clock);
        _queue = new AdmissionQueue(options.QueueLimit);
        _cpu = options.MaxCpu is null ? null : cpu;
    }

    /// <summary>How many calls may run now.</summary>
    internal int Limit
    {
        get
        {
            lock (_gate)
            {
                return _controller.Limit;
            }
        }
    }

    /// <summary>How many calls wait.</summary>
    internal int Waiting
    {
        get
        {
            lock (_gate)
            {
                return _queue.Count;
            }
        }
    }

    /// <summary>Waits until a call may run.</summary>
    /// <param name="context">The call.</param>
    /// <param name="cancellationToken">The call's token.</param>
    /// <returns>For <see cref="Leave"/>; 0 if the call is not counted.</returns>
    /// <exception cref="RefusedException">The server has too much to do.</exception>
    internal ValueTask<long> EnterAsync(ThriftServerContext context, CancellationToken cancellationToken)
        => EnterAsync(_options.Priority?.Invoke(context) ?? ThriftCallPriority.Normal, context.Method.IsStreaming, cancellationToken);

    /// <inheritdoc cref="EnterAsync(ThriftServerContext, CancellationToken)"/>
    internal ValueTask<long> EnterAsync(ThriftCallPriority priority, bool isStream, CancellationToken cancellationToken)
    {
        priority = (ThriftCallPriority)Math.Clamp((int)priority, (int)ThriftCallPriority.Low, (int)ThriftCallPriority.Critical);
        if (IsCpuBusy(priority))
        {
            throw new RefusedException(RefusalKind.Overload);
        }

        if (isStream)
        {
            return new(0L);
        }

        AdmissionWaiter? waiter = null;
        AdmissionWaiter? displaced = null;
        lock (_gate)
        {
            if (_queue.Count == 0 && _running < _controller.Limit)
            {
                _running++;
                return new(Now());
            }

            if (_options.QueueTimeout > TimeSpan.Zero)
            {
                var added = new AdmissionWaiter(priority);
                waiter = _queue.TryAdd(added, out displaced) ? added : null;
            }
        }

        displaced?.Complete(isAdmitted: false);
        return waiter is null ? throw new RefusedException(RefusalKind.Overload) : WaitAsync(waiter, cancellationToken);
    }

    /// <summary>A call has ended.</summary>
    /// <param name="startedAt">What <see cref="EnterAsync(ThriftServerContext, CancellationToken)"/> returned.</param>
    internal void Leave(long startedAt)
    {
        if (startedAt == 0)
        {
            return;
        }

        lock (_gate)
        {
            _controller.OnCompleted(_clock.GetElapsedTime(startedAt), _running);
            _running--;
            while (_running < _controller.Limit && _queue.TryTake() is { } next)
            {
                _running++;
                next.Complete(isAdmitted: true);
            }
        }
    }

    private bool IsCpuBusy(ThriftCallPriority priority)
    {
        if (_cpu is null || priority == ThriftCallPriority.Critical)
        {
            return false;
        }

        var most = _options.MaxCpu!.Value;
        return _cpu.Load > most + ((1 - most) * (int)priority / (int)ThriftCallPriority.Critical);
    }

    private async ValueTask<long> WaitAsync(AdmissionWaiter waiter, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(_options.QueueTimeout, _clock);
        using var expired = limit.Token.UnsafeRegister(static state => ((Removal)state!).Remove(), new Removal(this, waiter));
        using var cancelled = cancellationToken.UnsafeRegister(static state => ((Removal)state!).Remove(), new Removal(this, waiter));
        if (await waiter.Admitted.ConfigureAwait(false))
        {
            return Now();
        }

        cancellationToken.ThrowIfCancellationRequested();
        throw new RefusedException(RefusalKind.Overload);
    }

    private long Now() => Math.Max(1, _clock.GetTimestamp());

    private sealed record Removal(LoadShedder Owner, AdmissionWaiter Waiter)
    {
        internal void Remove()
        {
            lock (Owner._gate)
            {
                // One whose turn has come is admitted, even if its time is over at this moment.
                if (!Owner._queue.Remove(Waiter))
                {
                    return;
                }
            }

            Waiter.Complete(isAdmitted: false);
        }
    }
}
