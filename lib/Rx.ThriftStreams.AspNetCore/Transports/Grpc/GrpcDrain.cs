using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Rx.ThriftStreams.AspNetCore.Dispatch;
using Rx.ThriftStreams.Sockets;

namespace Rx.ThriftStreams.AspNetCore.Transports.Grpc;

/// <summary>The orderly end of one HTTP/2 connection, and the calls that run on it. Kestrel learns from this, instead of from itself, when to end the connection.</summary>
/// <remarks>
/// Kestrel announces the end by a GOAWAY that allows every stream only while a stream runs, and sends the last GOAWAY as soon as none does: a client whose next
/// request is on its way then sees it rejected. Kitex's client reports that to its user ("the connection is draining"). Between the two there has to be the time for
/// what was under way; so Kestrel is asked to end a connection while a call runs on it, and the call that would leave none running completes when that time is over.
/// Thread-safe.
/// </remarks>
internal sealed class GrpcDrain : IDrainedConnection, ISweptConnection, IConnectionLifetimeNotificationFeature, IDisposable
{
    private readonly Lock _gate = new();
    private readonly HashSet<GrpcServerCall> _running = [];
    private readonly TaskCompletionSource _ending = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _close = new();
    private readonly ConnectionContext _connection;
    private readonly ThriftServerRuntime _runtime;
    private readonly ConnectionDrain _drain;
    private readonly ConnectionAge _age;
    private bool _closes;
    private bool _isHeld;
    private int _others;

    /// <param name="connection">The connection.</param>
    /// <param name="runtime">The host's settings and sweep.</param>
    /// <param name="stopping">The server stops.</param>
    internal GrpcDrain(ConnectionContext connection, ThriftServerRuntime runtime, CancellationToken stopping)
    {
        _connection = connection;
        _runtime = runtime;
        _drain = new ConnectionDrain(this, runtime.Options);
        _age = new ConnectionAge(runtime.Options, _drain);
        ConnectionClosedRequested = _close.Token;
        _drain.Watch(stopping);
        if (_age.IsLimited)
        {
            runtime.Sweep.Add(this);
        }
    }

    /// <inheritdoc/>
    public CancellationToken ConnectionClosedRequested { get; set; }

    /// <summary>Whether the calls were cut off.</summary>
    internal bool IsCutOff => _drain.IsCutOff;

    /// <inheritdoc/>
    public void RequestClose() => _drain.Begin(_runtime.Options.Limits.MaxConnectionAgeGrace);

    /// <summary>Whether other requests than calls run on the connection. They do not end when the calls are cut off: that is left to them, and to the host.</summary>
    private bool HasOthers => Volatile.Read(ref _others) > 0;

    /// <summary>A request that is not a call has begun.</summary>
    internal void EnterOther() => Interlocked.Increment(ref _others);

    /// <summary>The answer to a request that is not a call has been sent, or its connection is lost.</summary>
    internal void LeaveOther() => Interlocked.Decrement(ref _others);

    /// <summary>A call has begun.</summary>
    internal void Enter(GrpcServerCall call)
    {
        bool closes;
        lock (_gate)
        {
            _running.Add(call);
            closes = TryClose();
        }

        Close(closes);
        if (_drain.IsCutOff)
        {
            // The connection is kept by other requests.
            call.CutOff();
        }
    }

    /// <summary>A call is about to send its end.</summary>
    /// <param name="call">The call.</param>
    /// <param name="mayWait">Whether its caller has the time.</param>
    /// <returns>What the call waits for first; <see langword="null"/> if it need not wait.</returns>
    internal Task? Leave(GrpcServerCall call, bool mayWait)
    {
        lock (_gate)
        {
            if (!_running.Remove(call) || _running.Count > 0 || !mayWait || _isHeld || _drain.Stage != DrainStage.Asked)
            {
                return null;
            }

            _isHeld = true;
            return _ending.Task;
        }
    }

    /// <inheritdoc/>
    public void OnDrain(DrainStage stage)
    {
        switch (stage)
        {
            case DrainStage.Asked:
                bool closes;
                lock (_gate)
                {
                    closes = TryClose();
                }

                Close(closes);
                break;

            case DrainStage.Ending:
                lock (_gate)
                {
                    closes = !_closes;
                    _closes = true;
                }

                Close(closes);
                _ending.TrySetResult();
                break;

            case DrainStage.CutOff:
                if (!TryResetCalls() && !HasOthers)
                {
                    // Kestrel does not end a connection of which the last call has ended: its peer does that, unless it is not in order.
                    Abort();
                }

                break;

            case DrainStage.Aborted:
                if (!HasOthers)
                {
                    Abort();
                }

                break;
        }
    }

    /// <inheritdoc/>
    public void Sweep() => _age.Check();

    public void Dispose()
    {
        _runtime.Sweep.Remove(this);
        _drain.Dispose();
        _ending.TrySetResult();
        _close.Dispose();
    }

    private bool TryResetCalls()
    {
        // Under the lock: a call that completes meanwhile may leave its request object to another.
        lock (_gate)
        {
            foreach (var call in _running)
            {
                call.CutOff();
            }

            return _running.Count > 0;
        }
    }

    private void Abort() => _connection.Abort(new ConnectionAbortedException("The server shuts down, and what ran on the connection did not end in time."));

    // Under the lock.
    private bool TryClose()
    {
        if (_closes || !_drain.IsDraining || _running.Count == 0)
        {
            return false;
        }

        _closes = true;
        return true;
    }

    private void Close(bool closes)
    {
        if (closes)
        {
            _close.Cancel();
        }
    }
}
