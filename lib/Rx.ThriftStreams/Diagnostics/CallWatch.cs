using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Rx.ThriftStreams.Contracts;

namespace Rx.ThriftStreams.Diagnostics;

/// <summary>
/// The calls of one channel or server that are observed: begins to observe a call if there is a listener, and looks at running calls now and then. One timer, which runs while
/// there are such calls.
/// </summary>
/// <remarks>Thread-safe. A turn works on a snapshot without the lock, because what it reports runs code of observers. A call may therefore be looked at once more after its end.</remarks>
internal sealed class CallWatch(ThriftCallSide side, EventHub events, ILogger logger, TimeProvider clock, ThriftTelemetryOptions options, EntryLimits entries) : IDisposable
{
    // The watches that have running calls, of all channels and servers of the process.
    private static readonly Lock s_gate = new();
    private static readonly HashSet<CallWatch> s_busy = [];

    private readonly Lock _gate = new();
    private readonly List<CallObservation> _turn = [];
    private CallObservation? _first;
    private ITimer? _timer;
    private int _looking;
    private bool _runs;
    private bool _disposed;

    internal ThriftCallSide Side => side;

    internal EventHub Events => events;

    internal ILogger Logger => logger;

    internal TimeProvider Clock => clock;

    internal ThriftTelemetryOptions Options => options;

    /// <summary>Bounds the entries about slow consumers, which a peer can cause.</summary>
    internal EntryLimits Entries => entries;

    internal ThriftTelemetry.SideInstruments Instruments { get; } = side == ThriftCallSide.Client ? ThriftTelemetry.Client : ThriftTelemetry.Server;

    /// <summary>Begins to observe a call.</summary>
    /// <param name="method">The method.</param>
    /// <param name="transport">The transport's name.</param>
    /// <param name="peer">The peer's address; empty if it is not known yet.</param>
    /// <param name="remoteHeaders">On a server, the request headers, which may hold the caller's trace context.</param>
    /// <returns><see langword="null"/> if there are no listeners.</returns>
    internal CallObservation? TryStart(ThriftMethod method, string transport, string peer, ThriftMetadata? remoteHeaders = null)
    {
        if (!events.HasObservers && !ThriftTelemetry.Activities.HasListeners() && !Instruments.Enabled && !logger.IsEnabled(LogLevel.Debug))
        {
            return null;
        }

        // A traced activity of the host is the closer parent: its own parent is the caller's.
        var parent = remoteHeaders is null || Activity.Current?.Source.HasListeners() == true ? default : TraceContext.Extract(remoteHeaders);
        var call = new CallObservation(this, method, transport, peer, parent);
        Add(call);
        return call;
    }

    /// <summary>A call has ended.</summary>
    internal void Remove(CallObservation call)
    {
        lock (_gate)
        {
            if (call.Previous is { } previous)
            {
                previous.Next = call.Next;
            }
            else if (ReferenceEquals(_first, call))
            {
                _first = call.Next;
            }

            if (call.Next is { } next)
            {
                next.Previous = call.Previous;
            }

            call.Previous = call.Next = null;
        }
    }

    /// <summary>Sums something up over the running calls of one side in this process, by method.</summary>
    internal static IEnumerable<Measurement<long>> Measure(ThriftCallSide side, Func<CallObservation, long> value)
    {
        CallWatch[] watches;
        lock (s_gate)
        {
            watches = [.. s_busy];
        }

        var sums = new Dictionary<ThriftMethod, long>();
        foreach (var watch in watches)
        {
            if (watch.Side == side)
            {
                watch.AddTo(sums, value);
            }
        }

        return sums.Select(static sum => new Measurement<long>(sum.Value, CallTags.Of(sum.Key)));
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _timer?.Dispose();
            _timer = null;
            SetIdle();
        }
    }

    private void Add(CallObservation call)
    {
        lock (_gate)
        {
            call.Next = _first;
            if (_first is not null)
            {
                _first.Previous = call;
            }

            _first = call;
            if (!_runs && !_disposed)
            {
                _runs = true;
                StartTimer();
                lock (s_gate)
                {
                    s_busy.Add(this);
                }
            }
        }
    }

    private void StartTimer()
    {
        if (_timer is null)
        {
            // The timer outlives the first call, and must not keep that call's context.
            using var flow = ExecutionContext.SuppressFlow();
            _timer = clock.CreateTimer(static state => ((CallWatch)state!).Look(), this, options.Period, options.Period);
        }
        else
        {
            _timer.Change(options.Period, options.Period);
        }
    }

    // Under the gate.
    private void SetIdle()
    {
        _runs = false;
        lock (s_gate)
        {
            s_busy.Remove(this);
        }
    }

    private void AddTo(Dictionary<ThriftMethod, long> sums, Func<CallObservation, long> value)
    {
        lock (_gate)
        {
            for (var call = _first; call is not null; call = call.Next)
            {
                sums[call.Method] = sums.GetValueOrDefault(call.Method) + value(call);
            }
        }
    }

    private void Look()
    {
        // A timer does not wait for its callback: without this flag, a turn longer than the period would run concurrently with the next.
        if (Interlocked.Exchange(ref _looking, 1) != 0)
        {
            return;
        }

        lock (_gate)
        {
            for (var call = _first; call is not null; call = call.Next)
            {
                _turn.Add(call);
            }

            if (_turn.Count == 0 && _runs)
            {
                // Only here, and not with the last call: calls that follow each other would start and stop the timer every time.
                _timer?.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                SetIdle();
            }
        }

        var now = clock.GetTimestamp();
        foreach (var call in _turn)
        {
            call.Look(now);
        }

        _turn.Clear();
        Volatile.Write(ref _looking, 0);
    }
}
